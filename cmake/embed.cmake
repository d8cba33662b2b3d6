# cmake -D OUTPUT=file.c -D FILES=a.jsonc,b.jsonc -P embed.cmake: writes the preset table of policy/presets.h.
#
# Each preset is in it twice, under its file's name without ending: its bytes, and the tree of values that policy/jsonc.c
# would read from them, so that no start of cordon reads a preset again. What is read here is as much of JSON as presets
# need (no escapes, no true, false or null); tests/policy lays both trees side by side.
cmake_minimum_required(VERSION 3.25)

# CMake's lists give these a meaning, so they stand aside while a text is split into lines.
string(ASCII 1 semicolon)
string(ASCII 2 open)
string(ASCII 3 close)

# Adds the node of a value, and makes it the next of the value before it or the child of what it lies in.
macro(add_node type text)
	list(GET path -1 parent)
	if(DEFINED last_of_${parent})
		set(next_of_${last_of_${parent}} "&${symbol}[${count}]")
	elseif(NOT parent STREQUAL top)
		set(child_of_${parent} "&${symbol}[${count}]")
	endif()
	set(last_of_${parent} ${count})
	set(head "${type}, ${text}, ${key}, ${line}, ${column}")
	string(REPLACE "${semicolon}" ";" head "${head}")
	string(REPLACE "${open}" "[" head "${head}")
	string(REPLACE "${close}" "]" head_of_${count} "${head}")
	set(key "NULL, 0, 0")
	math(EXPR count "${count} + 1")
endmacro()

# *ret_nodes: the initialisers of `symbol`, an array of struct jsonc_node.
function(read_values file symbol ret_nodes)
	file(READ ${file} text)
	string(REPLACE ";" "${semicolon}" text "${text}")
	string(REPLACE "[" "${open}" text "${text}")
	string(REPLACE "]" "${close}" text "${text}")
	string(REPLACE "\n" ";" text "${text}")
	set(path top) # the objects and lists around what comes next
	set(key "NULL, 0, 0")
	set(count 0)
	set(line 0)
	foreach(rest IN LISTS text)
		math(EXPR line "${line} + 1")
		set(column 1)
		while(NOT "${rest}" STREQUAL "")
			if("${rest}" MATCHES "^\"([^\"\\\\]*)\"[ \t]*:")
				set(key "\"${CMAKE_MATCH_1}\", ${line}, ${column}")
			elseif("${rest}" MATCHES "^\"[^\"\\\\]*\"")
				add_node(JSONC_STRING "${CMAKE_MATCH_0}")
			elseif("${rest}" MATCHES "^[0-9]+")
				add_node(JSONC_NUMBER "\"${CMAKE_MATCH_0}\"")
			elseif("${rest}" MATCHES "^{")
				add_node(JSONC_OBJECT NULL)
				math(EXPR parent "${count} - 1")
				list(APPEND path ${parent})
			elseif("${rest}" MATCHES "^${open}")
				add_node(JSONC_LIST NULL)
				math(EXPR parent "${count} - 1")
				list(APPEND path ${parent})
			elseif("${rest}" MATCHES "^[}${close}]")
				list(POP_BACK path)
			elseif(NOT "${rest}" MATCHES "^([ \t,]+|//.*)")
				message(FATAL_ERROR "${file}:${line}:${column}: more than a preset may hold: ${rest}")
			endif()
			string(LENGTH "${CMAKE_MATCH_0}" length)
			math(EXPR column "${column} + ${length}")
			string(SUBSTRING "${rest}" ${length} -1 rest)
		endwhile()
	endforeach()

	set(nodes "")
	math(EXPR last "${count} - 1")
	foreach(i RANGE ${last})
		foreach(link IN ITEMS child next)
			if(NOT DEFINED ${link}_of_${i})
				set(${link}_of_${i} NULL)
			endif()
		endforeach()
		string(APPEND nodes "\t{ ${head_of_${i}}, ${child_of_${i}}, ${next_of_${i}} },\n")
	endforeach()
	set(${ret_nodes} "${nodes}" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" FILES "${FILES}")
set(table "")
set(arrays "")
foreach(file IN LISTS FILES)
	cmake_path(GET file STEM LAST_ONLY name)
	string(MAKE_C_IDENTIFIER ${name} symbol)
	file(READ ${file} bytes HEX)
	string(LENGTH "${bytes}" length)
	math(EXPR length "${length} / 2")
	# 16 bytes a line; a zero at the end, so that the bytes are a string too
	string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
	string(APPEND arrays "static const unsigned char text_${symbol}[] = {\n${bytes}0\n};\n\n")
	read_values(${file} values_${symbol} nodes)
	string(APPEND arrays "static const struct jsonc_node values_${symbol}[] = {\n${nodes}};\n\n")
	string(APPEND table
		"\t{ \"${name}\", \"preset ${name}\", (const char *)text_${symbol}, ${length}, values_${symbol} },\n")
endforeach()
list(LENGTH FILES count)
file(WRITE ${OUTPUT} "/* generated from src/policy/presets */
#include \"policy/presets.h\"

${arrays}const struct preset_data preset_table[] = {
${table}};

const size_t preset_count = ${count};
")
