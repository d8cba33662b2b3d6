/* base/windows_command.h: a command as CreateProcess wants it: one line, one block, one file. Pure; the same on every
 * build.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

/* The arguments as one line that CommandLineToArgvW and the C runtime take apart into the same arguments again;
 * malloc'ed UTF-8. `program` stands in place of argv[0]. Other programs (cmd.exe, those of MSYS2) take lines apart by
 * rules of their own. Source: "Parsing C command-line arguments". Errors: CORDON_BAD_USAGE for a program with a '"' in
 * its name, and for more than the 32,766 units that Windows takes.
 */
CORDON_CHECKED bool windows_command_line(const char *program, char *const *argv, char **ret_line,
					 struct cordon_error *err);

/* The environment, a NULL-terminated list NAME=VALUE, as CREATE_UNICODE_ENVIRONMENT wants it: in the order of the
 * names, case aside, with two zeros at its end; malloc'ed. What cmd.exe hides under names like "=C:" is left out: those
 * are the caller's current directories. Errors: an entry without a name, a name twice, text that is no UTF-8.
 */
CORDON_CHECKED bool windows_environment_block(char *const *environment, uint16_t **ret_block, struct cordon_error *err);

/* The value of a variable in the list, NULL when it is not there; case does not matter. */
const char *windows_environment_find(char *const *environment, const char *name);

/* The files that a command name may mean, in order, NULL-terminated; one free() releases it. A name with a separator is
 * `directory`'s, where the command starts, and no other's. Any other is looked for in the absolute folders of the
 * variable PATH of the list, in order; never in the current directory, in that of cordon or in a relative folder, as
 * CreateProcess and cmd.exe would. A name without one of the endings that start something (.com, .exe, .bat, .cmd, as
 * PATHEXT has them) is tried with each; with another dot in it first as it is.
 */
CORDON_CHECKED bool windows_command_candidates(const char *name, const char *directory, char *const *environment,
					       char ***ret_candidates, struct cordon_error *err);

/* CreateProcess hands batch files to cmd.exe, which takes the line apart by its own rules: an argument becomes a
 * command. So none is started but by an interpreter that the caller names.
 */
bool windows_command_is_batch(const char *path);
