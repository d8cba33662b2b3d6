#include "base/utf8.h"

#include <string.h>

size_t utf8_read(const char *text, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = bytes[0] < 0x80   ? 1
			: bytes[0] < 0xc2 ? 0
			: bytes[0] < 0xe0 ? 2
			: bytes[0] < 0xf0 ? 3
			: bytes[0] < 0xf5 ? 4
					  : 0;
	uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (length == 0 || code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret_code = code;
	return length;
}

size_t utf8_write(uint32_t code, char ret_bytes[UTF8_SIZE])
{
	char bytes[UTF8_SIZE] = { (char)(0xf0u | code >> 18), (char)(0x80u | (code >> 12 & 0x3fu)),
				  (char)(0x80u | (code >> 6 & 0x3fu)), (char)(0x80u | (code & 0x3fu)) };
	size_t first = code < 0x80 ? 3 : code < 0x800 ? 2 : code < 0x10000 ? 1 : 0;
	if (first == 3)
		bytes[3] = (char)code;
	else if (first == 2)
		bytes[2] = (char)(0xc0u | code >> 6);
	else if (first == 1)
		bytes[1] = (char)(0xe0u | code >> 12);
	memcpy(ret_bytes, bytes + first, UTF8_SIZE - first);
	return UTF8_SIZE - first;
}
