/* base/scope.h: what a scope owns is released when the scope is left.
 *
 * Three rules: initialise where declared; no goto in a function that has one; give ownership out with cordon_take.
 *
 *	CORDON_ON_EXIT(free_text) char *name = strdup(given);
 *	...
 *	*ret_name = cordon_take(&name);
 */
#pragma once

#include <stdlib.h>

#define CORDON_ON_EXIT(release) __attribute__((cleanup(release)))

/* Takes the pointer out of *holder, which becomes NULL. */
#define cordon_take(holder) \
	__extension__({ \
		__typeof__(*(holder)) taken_ = *(holder); \
		*(holder) = NULL; \
		taken_; \
	})

/* Release functions for CORDON_ON_EXIT. */
static inline void free_text(char **holder)
{
	free(*holder);
}
