# Third-party libraries. A native build takes the system's; a build for another libc or system (presets release and
# mingw set FETCHCONTENT_TRY_FIND_PACKAGE_MODE to NEVER) compiles their sources: on Debian those of the distribution,
# fetched by tools/fetch-source, elsewhere upstream's. Both ways give the same target names.

include(FetchContent)
set(FETCHCONTENT_QUIET ON)

# On Debian, points FETCHCONTENT_SOURCE_DIR_<NAME> at the distribution's source package.
function(use_debian_source name)
	string(TOUPPER ${name} upper)
	if(FETCHCONTENT_TRY_FIND_PACKAGE_MODE STREQUAL NEVER AND NOT FETCHCONTENT_SOURCE_DIR_${upper}
	   AND EXISTS /etc/debian_version)
		# Beside the build trees, so that all of them share one download.
		cmake_path(GET PROJECT_BINARY_DIR PARENT_PATH parent)
		execute_process(
			COMMAND ${PROJECT_SOURCE_DIR}/tools/fetch-source ${name} ${parent}/third-party
			COMMAND_ERROR_IS_FATAL ANY)
		set(FETCHCONTENT_SOURCE_DIR_${upper} ${parent}/third-party/${name}
		    CACHE PATH "source of ${name}")
	endif()
endfunction()

# jansson: strict JSON reading and writing
use_debian_source(jansson)
FetchContent_Declare(jansson
	GIT_REPOSITORY https://github.com/akheron/jansson.git
	GIT_TAG v2.14
	FIND_PACKAGE_ARGS 2.12)
block()
	set(JANSSON_BUILD_DOCS OFF)
	set(JANSSON_BUILD_SHARED_LIBS OFF)
	set(JANSSON_EXAMPLES OFF)
	set(JANSSON_WITHOUT_TESTS ON)
	set(JANSSON_INSTALL OFF)
	set(CMAKE_POLICY_DEFAULT_CMP0063 NEW)
	set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
	set(CMAKE_WARN_DEPRECATED OFF)
	FetchContent_MakeAvailable(jansson)
	# Its own build uses include_directories, which reaches no other target.
	if(TARGET jansson)
		target_include_directories(jansson SYSTEM INTERFACE ${jansson_BINARY_DIR}/include)
	endif()
endblock()
if(NOT TARGET jansson::jansson)
	add_library(jansson::jansson ALIAS jansson)
endif()

# jsmn: the place of every key and value. It is a single header and needs no libc, so the system's serves every target;
# a copy, because the system's other headers must not come along.
find_file(CORDON_JSMN_HEADER jsmn.h PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
if(FETCHCONTENT_TRY_FIND_PACKAGE_MODE STREQUAL NEVER AND CORDON_JSMN_HEADER
   AND NOT FETCHCONTENT_SOURCE_DIR_JSMN)
	file(COPY ${CORDON_JSMN_HEADER} DESTINATION ${PROJECT_BINARY_DIR}/jsmn)
	set(FETCHCONTENT_SOURCE_DIR_JSMN ${PROJECT_BINARY_DIR}/jsmn CACHE PATH "folder of jsmn.h")
endif()
FetchContent_Declare(jsmn
	GIT_REPOSITORY https://github.com/zserge/jsmn.git
	GIT_TAG v1.1.0
	FIND_PACKAGE_ARGS)
FetchContent_MakeAvailable(jsmn)
if(NOT TARGET jsmn::jsmn)
	add_library(jsmn::jsmn INTERFACE IMPORTED GLOBAL)
	target_include_directories(jsmn::jsmn SYSTEM INTERFACE ${jsmn_SOURCE_DIR})
endif()

# cmocka: unit tests. A native build finds the system's (tests/CMakeLists.txt); its own build has no targets to be found by.
if(BUILD_TESTING AND FETCHCONTENT_TRY_FIND_PACKAGE_MODE STREQUAL NEVER)
	use_debian_source(cmocka)
	FetchContent_Declare(cmocka
		GIT_REPOSITORY https://gitlab.com/cmocka/cmocka.git
		GIT_TAG cmocka-1.1.5)
	FetchContent_GetProperties(cmocka)
	if(NOT cmocka_POPULATED)
		FetchContent_Populate(cmocka)
	endif()
	block()
		set(WITH_STATIC_LIB ON)
		set(WITH_EXAMPLES OFF)
		set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
		set(CMAKE_WARN_DEPRECATED OFF)
		add_subdirectory(${cmocka_SOURCE_DIR} ${cmocka_BINARY_DIR} EXCLUDE_FROM_ALL)
	endblock()
	target_include_directories(cmocka-static SYSTEM INTERFACE ${cmocka_SOURCE_DIR}/include)
	add_library(cmocka::cmocka ALIAS cmocka-static)
endif()

# libuv: the loop of cordon-gate. On Linux that program takes the system's own (cmake/gate.cmake).
if(WIN32)
	use_debian_source(libuv1)
	FetchContent_Declare(libuv1
		GIT_REPOSITORY https://github.com/libuv/libuv.git
		GIT_TAG v1.44.2
		FIND_PACKAGE_ARGS 1.40 NAMES libuv)
	if(FETCHCONTENT_TRY_FIND_PACKAGE_MODE STREQUAL NEVER)
		FetchContent_Populate(libuv1)
		block()
			set(LIBUV_BUILD_TESTS OFF)
			set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
			set(CMAKE_WARN_DEPRECATED OFF)
			add_subdirectory(${libuv1_SOURCE_DIR} ${libuv1_BINARY_DIR} EXCLUDE_FROM_ALL)
		endblock()
		get_target_property(libuv_includes uv_a INTERFACE_INCLUDE_DIRECTORIES)
		target_include_directories(uv_a SYSTEM INTERFACE ${libuv_includes})
		target_compile_options(uv_a PRIVATE -w)
	else()
		FetchContent_MakeAvailable(libuv1)
	endif()
	foreach(found uv_a libuv::uv_a libuv::uv)
		if(TARGET ${found} AND NOT TARGET cordon::uv)
			add_library(cordon_uv INTERFACE)
			target_link_libraries(cordon_uv INTERFACE ${found})
			add_library(cordon::uv ALIAS cordon_uv)
		endif()
	endforeach()
endif()
