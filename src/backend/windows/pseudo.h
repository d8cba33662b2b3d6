/* backend/windows/pseudo.h: a pseudoconsole of Windows; where a test has another (pseudo.c). */
#pragma once

#include "backend/windows/cage.h"

/* Windows 10 1809 and later have them. */
bool pseudo_is_known(void);

/* Who serves it is a process of the caller's user, in the caller's job. The handles stay the caller's, to be closed: what
 * is read from the other ends goes on as long as one of them is open. Without rows or columns: 24 and 80. `is_seen`: it
 * asks where the cursor is, rather than begin on an empty screen.
 */
CORDON_CHECKED bool pseudo_make(uint16_t rows, uint16_t columns, bool is_seen, HANDLE reads, HANDLE writes,
				void **ret_pseudo, struct cordon_error *err);
/* A stream of the launch that is NULL becomes this console. */
void pseudo_enter(void *pseudo, struct launch *launch);
/* 0: done; else an HRESULT: the size stays. */
long pseudo_resize(void *pseudo, uint16_t rows, uint16_t columns);
/* What is in it hears CTRL_CLOSE_EVENT. Before Windows 11 24H2 it waits until all of that has ended, and what was printed
 * is read.
 */
void pseudo_close(void *pseudo);
