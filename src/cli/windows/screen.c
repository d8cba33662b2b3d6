#include "cli/windows/screen.h"

#include "cli/windows/fail.h"

/* Not in every header of mingw-w64 */
enum {
	VIRTUAL_INPUT = 0x200,
	VIRTUAL_OUTPUT = 4,
	NO_AUTO_RETURN = 8,
};

bool screen_is(HANDLE stream)
{
	DWORD mode;
	return stream && stream != INVALID_HANDLE_VALUE && GetConsoleMode(stream, &mode);
}

static bool set_keyboard(const struct screen *screen, struct cordon_error *err)
{
	const DWORD cooked = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT | ENABLE_MOUSE_INPUT |
			     ENABLE_WINDOW_INPUT;
	return !screen->keyboard ||
	       SetConsoleMode(screen->keyboard, (screen->keyboard_mode & ~cooked) | VIRTUAL_INPUT) ||
	       host_fail(err, GetLastError(), "SetConsoleMode", "this console gives no keys as a terminal does");
}

static bool set_output(const struct screen *screen, struct cordon_error *err)
{
	const DWORD wanted = ENABLE_PROCESSED_OUTPUT | VIRTUAL_OUTPUT;
	/* Windows before 1809 has the second and not the third. */
	return !screen->output ||
	       ((SetConsoleMode(screen->output, screen->output_mode | wanted | NO_AUTO_RETURN) ||
		 SetConsoleMode(screen->output, screen->output_mode | wanted) ||
		 host_fail(err, GetLastError(), "SetConsoleMode", "this console shows nothing as a terminal does")) &&
		(SetConsoleOutputCP(CP_UTF8) ||
		 host_fail(err, GetLastError(), "SetConsoleOutputCP", "have the console show UTF-8")));
}

bool screen_make_raw(struct screen *screen, struct cordon_error *err)
{
	if (screen->is_raw)
		return true;
	if ((screen->keyboard && !GetConsoleMode(screen->keyboard, &screen->keyboard_mode)) ||
	    (screen->output && !GetConsoleMode(screen->output, &screen->output_mode)))
		return host_fail(err, GetLastError(), "GetConsoleMode", "ask how the console is set");
	screen->output_page = GetConsoleOutputCP();
	screen->is_raw = true;
	if (set_keyboard(screen, err) && set_output(screen, err))
		return true;
	screen_restore(screen);
	return false;
}

void screen_restore(struct screen *screen)
{
	if (!screen->is_raw)
		return;
	screen->is_raw = false;
	if (screen->keyboard) {
		/* What was typed and not read was for the command, and so is what its questions are answered with. */
		FlushConsoleInputBuffer(screen->keyboard);
		SetConsoleMode(screen->keyboard, screen->keyboard_mode);
	}
	if (screen->output) {
		SetConsoleMode(screen->output, screen->output_mode);
		if (screen->output_page)
			SetConsoleOutputCP(screen->output_page);
	}
}

bool screen_measure(const struct screen *screen, uint16_t *ret_rows, uint16_t *ret_columns)
{
	CONSOLE_SCREEN_BUFFER_INFO about;
	if (!screen->output || !GetConsoleScreenBufferInfo(screen->output, &about))
		return false;
	*ret_rows = (uint16_t)(about.srWindow.Bottom - about.srWindow.Top + 1);
	*ret_columns = (uint16_t)(about.srWindow.Right - about.srWindow.Left + 1);
	return true;
}

bool screen_find_cursor(const struct screen *screen, unsigned *ret_row, unsigned *ret_column)
{
	CONSOLE_SCREEN_BUFFER_INFO about;
	if (!screen->output || !GetConsoleScreenBufferInfo(screen->output, &about))
		return false;
	int row = about.dwCursorPosition.Y - about.srWindow.Top, column = about.dwCursorPosition.X;
	*ret_row = row < 0 ? 1 : (unsigned)row + 1;
	*ret_column = column < 0 ? 1 : (unsigned)column + 1;
	return true;
}
