# cmocka::cmocka from pkg-config: the config file of cmocka 1.1.5 has no targets.
find_package(PkgConfig QUIET)
pkg_check_modules(cmocka QUIET IMPORTED_TARGET cmocka)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cmocka REQUIRED_VARS cmocka_LINK_LIBRARIES VERSION_VAR cmocka_VERSION)
if(cmocka_FOUND AND NOT TARGET cmocka::cmocka)
	add_library(cmocka::cmocka ALIAS PkgConfig::cmocka)
endif()
