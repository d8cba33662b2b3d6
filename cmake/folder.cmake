# cordon_folder(NAME SOURCES file... LINKS target...): the static library of one folder of src/, cordon_NAME. One a
# folder, so that what each may refer to can be checked on its object files.
function(cordon_folder name)
	cmake_parse_arguments(PARSE_ARGV 1 folder "" "" "SOURCES;LINKS")
	add_library(cordon_${name} STATIC ${folder_SOURCES})
	target_link_libraries(cordon_${name} PRIVATE cordon_options PUBLIC ${folder_LINKS})
	# The shared library takes the same objects.
	if(CORDON_LIBRARY)
		set_target_properties(cordon_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
	endif()
endfunction()
