# jsmn::jsmn, a single header without pkg-config file.
find_path(jsmn_INCLUDE_DIR jsmn.h)
mark_as_advanced(jsmn_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(jsmn REQUIRED_VARS jsmn_INCLUDE_DIR)
if(jsmn_FOUND AND NOT TARGET jsmn::jsmn)
	add_library(jsmn::jsmn INTERFACE IMPORTED)
	target_include_directories(jsmn::jsmn SYSTEM INTERFACE ${jsmn_INCLUDE_DIR})
endif()
