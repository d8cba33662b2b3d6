# How every file of ours is compiled. Third-party sources are not: they do not link against cordon_options.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(CORDON_PLANT "honour CORDON_PLANT, which leaves out a layer: for tests of the tests, never shipped" OFF)
# A library is for programs of this system's own libc; the static program and the test of the tests need none.
set(wants_library ON)
if(CMAKE_CROSSCOMPILING OR WIN32 OR CORDON_PLANT)
	set(wants_library OFF)
endif()
option(CORDON_LIBRARY "build and install libcordon, shared and static" ${wants_library})
option(CORDON_ONLY_GATE "build cordon-gate and nothing else: for a build for another libc, see cmake/gate.cmake" OFF)
option(CORDON_SANITIZE "build with the address and undefined behaviour sanitizers" OFF)
option(CORDON_FUZZ "build the fuzz targets for libFuzzer, and all else so that it sees where they get: clang" OFF)

if(WIN32)
	set(CORDON_SYSTEM windows)
else()
	set(CORDON_SYSTEM linux)
endif()

add_library(cordon_options INTERFACE)
target_include_directories(cordon_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(cordon_options INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wformat=2 -Werror)
if(WIN32)
	# C99 formats such as %zu need mingw's own stdio.
	target_compile_definitions(cordon_options INTERFACE
		UNICODE _UNICODE _WIN32_WINNT=0x0A00 __USE_MINGW_ANSI_STDIO=1)
	# -std=c11 hides strdup and its like there.
	set(CMAKE_C_EXTENSIONS ON)
else()
	target_compile_definitions(cordon_options INTERFACE _GNU_SOURCE)
endif()
if(CORDON_PLANT)
	target_compile_definitions(cordon_options INTERFACE CORDON_PLANT)
endif()
if(CORDON_SANITIZE)
	add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
endif()
if(CORDON_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()

set(CMAKE_C_FLAGS_RELEASE -O2)
if(CMAKE_BUILD_TYPE STREQUAL Release)
	add_compile_options(-ffunction-sections -fdata-sections)
	add_link_options(-Wl,--gc-sections)
endif()
