# cmake -D INPUT=file -D OUTPUT=file.h -D NAME=name -P bytes.cmake: the bytes of a file as an array of C, with a 0 behind them.
cmake_minimum_required(VERSION 3.25)
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "static const char ${NAME}[] = {\n${bytes}0x00\n};\n")
