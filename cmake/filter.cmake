# The seccomp filters are compiled by libseccomp when cordon is built: a generator runs on the build machine, whatever
# the target, so the build machine's own compiler makes it.
find_program(CORDON_BUILD_CC NAMES cc gcc clang REQUIRED
	DOC "compiler for programs that run on the build machine")
find_package(PkgConfig REQUIRED)
execute_process(COMMAND ${PKG_CONFIG_EXECUTABLE} --cflags --libs libseccomp
	OUTPUT_VARIABLE seccomp_flags OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
if(failed)
	message(FATAL_ERROR "libseccomp is needed at build time (Debian: libseccomp-dev)")
endif()
separate_arguments(seccomp_flags)

# Adds to `target` the header OUTPUT, a path as it is included.
function(generate_filter target output)
	set(generator ${CMAKE_CURRENT_BINARY_DIR}/filter_generate)
	set(source ${CMAKE_CURRENT_SOURCE_DIR}/linux/filter_generate.c)
	set(header ${PROJECT_BINARY_DIR}/generated/${output})
	cmake_path(GET header PARENT_PATH folder)
	file(MAKE_DIRECTORY ${folder})
	add_custom_command(OUTPUT ${generator}
		COMMAND ${CORDON_BUILD_CC} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -MMD -MF ${generator}.d
			-I${PROJECT_SOURCE_DIR}/src -I${PROJECT_SOURCE_DIR}/include
			-o ${generator} ${source} ${seccomp_flags}
		DEPENDS ${source} DEPFILE ${generator}.d VERBATIM)
	add_custom_command(OUTPUT ${header} COMMAND ${generator} ${header} DEPENDS ${generator} VERBATIM)
	target_sources(${target} PRIVATE ${header})
	target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()
