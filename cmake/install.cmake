# What `cmake --install` gives to those who build on libcordon. The program itself is installed by src/cli.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/cordon)
install(TARGETS cordon_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS cordon_archive ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${PROJECT_SOURCE_DIR}/include/cordon/cordon.h ${PROJECT_SOURCE_DIR}/include/cordon/error.h
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cordon)

# From the folder of each file back to the prefix, however deep the libraries lie.
file(RELATIVE_PATH CORDON_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
file(RELATIVE_PATH CORDON_CONFIG_TO_PREFIX /${config_folder} /)
string(REGEX REPLACE "/$" "" CORDON_PC_TO_PREFIX "${CORDON_PC_TO_PREFIX}")
set(CORDON_SHARED_NAME libcordon.so.${PROJECT_VERSION})
set(CORDON_SONAME libcordon.so.0)
set(CORDON_ARCHIVE_NAME libcordon.a)

set(made ${PROJECT_BINARY_DIR}/package)
configure_file(${PROJECT_SOURCE_DIR}/cmake/cordon.pc.in ${made}/cordon.pc @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/cmake/cordonConfig.cmake.in ${made}/cordonConfig.cmake @ONLY)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${made}/cordonConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${made}/cordon.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${made}/cordonConfig.cmake ${made}/cordonConfigVersion.cmake DESTINATION ${config_folder})
