/* policy/presets.h: the presets, put into the program when it is built (cmake/embed.cmake). */
#pragma once

#include <stddef.h>

#include "policy/jsonc.h"

struct preset_data {
	const char *name;
	const char *file; /* what messages call it: "preset workspace" */
	const char *text; /* JSONC, NUL-terminated */
	size_t length;
	const struct jsonc_node *root; /* what jsonc_parse makes of the text */
};

extern const struct preset_data preset_table[];
extern const size_t preset_count;
