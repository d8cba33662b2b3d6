#include "backend/windows/cage.h"

/* In a file of its own: a test has another one, which notes the names and fails the one that it wants. */
bool operation_begins(const char *name, struct cordon_error *err)
{
	(void)name;
	(void)err;
	return true;
}
