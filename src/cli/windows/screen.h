/* cli/windows/screen.h: the user's console, and that it is given back. */
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct screen {
	HANDLE keyboard, output; /* the user's; NULL: not a console, or not to be taken */
	bool is_raw;
	DWORD keyboard_mode, output_mode;
	UINT output_page;
};

bool screen_is(HANDLE stream); /* a console? */

/* What is typed becomes bytes, Ctrl-C too; what is printed may be sequences for a terminal, in UTF-8. */
CORDON_CHECKED bool screen_make_raw(struct screen *screen, struct cordon_error *err);

/* As it was before it was made raw; nothing when it is not. */
void screen_restore(struct screen *screen);

/* False where there is no screen. The cursor counts from 1. */
bool screen_measure(const struct screen *screen, uint16_t *ret_rows, uint16_t *ret_columns);
bool screen_find_cursor(const struct screen *screen, unsigned *ret_row, unsigned *ret_column);
