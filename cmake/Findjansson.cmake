# jansson::jansson from pkg-config: Debian's package has no CMake config file.
find_package(PkgConfig QUIET)
pkg_check_modules(jansson QUIET IMPORTED_TARGET jansson)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(jansson REQUIRED_VARS jansson_LINK_LIBRARIES VERSION_VAR jansson_VERSION)
if(jansson_FOUND AND NOT TARGET jansson::jansson)
	add_library(jansson::jansson ALIAS PkgConfig::jansson)
endif()
