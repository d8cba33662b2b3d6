# cmake -D OUTPUT=file.c -D FILES=a.jsonc,b.jsonc -P embed.cmake: writes the preset table of policy/presets.h, which
# holds each file's bytes under its name without ending.
string(REPLACE "," ";" FILES "${FILES}")
set(table "")
set(arrays "")
foreach(file IN LISTS FILES)
	cmake_path(GET file STEM LAST_ONLY name)
	string(MAKE_C_IDENTIFIER preset_${name} symbol)
	file(READ ${file} bytes HEX)
	string(LENGTH "${bytes}" length)
	math(EXPR length "${length} / 2")
	# 16 bytes a line; a zero at the end, so that the bytes are a string too
	string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
	string(APPEND arrays "static const unsigned char ${symbol}[] = {\n${bytes}0\n};\n\n")
	string(APPEND table "\t{ \"${name}\", (const char *)${symbol}, ${length} },\n")
endforeach()
list(LENGTH FILES count)
file(WRITE ${OUTPUT} "/* generated from src/policy/presets */
#include \"policy/presets.h\"

${arrays}const struct preset_data preset_table[] = {
${table}};

const size_t preset_count = ${count};
")
