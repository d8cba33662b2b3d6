#include "lib/give.h"

#include <stdint.h>
#include <string.h>

void give_struct(void *to, size_t room, const void *from, size_t size)
{
	const size_t head = sizeof(uint32_t);
	size_t length = room < size ? room : size;
	if (length > head)
		memcpy((char *)to + head, (const char *)from + head, length - head);
}

bool take_struct(void *own, size_t size, const void *from, size_t given)
{
	const size_t head = sizeof(uint32_t);
	for (size_t i = size; i < given; i++)
		if (((const char *)from)[i])
			return false;

	size_t length = given < size ? given : size;
	if (length > head)
		memcpy((char *)own + head, (const char *)from + head, length - head);
	return true;
}

void give_error(struct cordon_error *to, size_t room, const struct cordon_error *from)
{
	give_struct(to, room, from, sizeof *from);
	/* A shorter struct ends in a shorter text. */
	if (room > offsetof(struct cordon_error, file) && room < sizeof *from)
		((char *)to)[room - 1] = '\0';
}

bool no_handle(const char *what, struct cordon_error *err)
{
	return cordon_fail(err, CORDON_BAD_USAGE, "%s is NULL", what);
}

int give(bool ok, const struct cordon_error *local, struct cordon_error *err)
{
	if (!ok && err)
		give_error(err, err->size, local);
	return ok;
}

bool give_text(struct text *text, char **ret_string, struct cordon_error *err)
{
	char *string = text_take(text);
	if (!string)
		return cordon_fail_memory(err);
	*ret_string = string;
	return true;
}
