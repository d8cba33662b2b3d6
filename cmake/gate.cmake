# cordon-gate, with the system's libuv.

set(gate_program ${PROJECT_BINARY_DIR}/cordon-gate)

if(CMAKE_CROSSCOMPILING OR CMAKE_C_COMPILER MATCHES "musl")
	include(ExternalProject)
	find_program(CORDON_HOST_CC NAMES gcc clang cc REQUIRED DOC "compiler for the system's own libc")
	ExternalProject_Add(cordon-gate-build
		SOURCE_DIR ${PROJECT_SOURCE_DIR}
		BINARY_DIR ${PROJECT_BINARY_DIR}/gate
		CMAKE_ARGS -DCMAKE_C_COMPILER=${CORDON_HOST_CC} -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}
			-DCORDON_ONLY_GATE=ON
		BUILD_ALWAYS ON
		USES_TERMINAL_BUILD ON
		INSTALL_COMMAND ${CMAKE_COMMAND} -E copy_if_different <BINARY_DIR>/cordon-gate ${gate_program}
		BUILD_BYPRODUCTS ${gate_program})
	install(PROGRAMS ${gate_program} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/cordon)
	return()
endif()

find_package(PkgConfig REQUIRED)
pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv>=1.40)
add_executable(cordon-gate
	${gate_sources}
	linux/bulk.c
	linux/confine.c
	linux/dns_server.c
	linux/factory.c
	linux/inward.c
	linux/listeners.c
	linux/main.c
	linux/socket.c
	linux/watch.c)
target_link_libraries(cordon-gate PRIVATE cordon_options cordon_network cordon_os PkgConfig::libuv)
install(TARGETS cordon-gate DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/cordon)
