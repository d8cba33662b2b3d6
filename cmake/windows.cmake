# What a program or library of ours has on Windows beside its code: version, manifest, and what the loader makes use of.

enable_language(RC)
include(CheckCCompilerFlag)

# Control-flow guard is clang's alone (as of gcc 12).
check_c_compiler_flag(-mguard=cf CORDON_HAS_GUARD)
if(CORDON_HAS_GUARD)
	target_compile_options(cordon_options INTERFACE -mguard=cf)
	add_link_options(-mguard=cf)
endif()
# Addresses that nobody guesses, and no data that is executed; some linkers want to be told.
add_link_options(-Wl,--dynamicbase,--nxcompat,--high-entropy-va)

# cordon_resource(TARGET FILE DESCRIPTION)
function(cordon_resource name file description)
	set(manifest 1) # CREATEPROCESS_MANIFEST_RESOURCE_ID
	set(type VFT_APP)
	if(file MATCHES "\\.dll$")
		set(manifest 2) # ISOLATIONAWARE_MANIFEST_RESOURCE_ID
		set(type VFT_DLL)
	endif()
	configure_file(${PROJECT_SOURCE_DIR}/cmake/windows.rc.in ${PROJECT_BINARY_DIR}/resources/${name}.rc @ONLY)
	target_sources(${name} PRIVATE ${PROJECT_BINARY_DIR}/resources/${name}.rc)
endfunction()
