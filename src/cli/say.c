#include "cli/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/idna.h"
#include "base/scope.h"
#include "base/show.h"

CORDON_PRINTF(1, 0)
static void say_arguments(const char *format, va_list args)
{
	/* As long as an error with its file, and more than a line should be. */
	char message[CORDON_ERROR_TEXT_SIZE + CORDON_ERROR_FILE_SIZE + 4096];
	CORDON_ON_EXIT(text_free) struct text line = { 0 };
	vsnprintf(message, sizeof message, format, args);
	text_add(&line, "cordon: ");
	show_add(&line, message);
	text_add_char(&line, '\n');
	fputs(text_ok(&line) ? text_str(&line) : "cordon: out of memory\n", stderr);
}

void say(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say_arguments(format, args);
	va_end(args);
}

void say_error(const struct cordon_error *err)
{
	if (!err->file[0])
		say("%s", err->text);
	else if (err->line > 0)
		say("%s:%d:%d: %s", err->file, (int)err->line, (int)err->column, err->text);
	else
		say("%s: %s", err->file, err->text);
}

bool say_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	say("write the output: %s", strerror(errno));
	return false;
}

void say_add_letters(struct text *text, const char *host)
{
	char name[HOST_NAME_SIZE + 2], letters[IDNA_TEXT_SIZE]; /* "*." */
	size_t length = strcspn(host, ":");
	if (length >= sizeof name)
		return;
	memcpy(name, host, length);
	name[length] = '\0';
	if (!idna_to_unicode(name, letters))
		return;
	text_add(text, " (");
	show_add(text, letters);
	text_add_char(text, ')');
}
