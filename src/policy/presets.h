/* policy/presets.h: the presets' texts, put into the program when it is built (cmake/embed.cmake). */
#pragma once

#include <stddef.h>

struct preset_data {
	const char *name;
	const char *text; /* JSONC, NUL-terminated */
	size_t length;
};

extern const struct preset_data preset_table[];
extern const size_t preset_count;
