/* base/windows_name.h: what a name means on Windows before any file system sees it. Pure; the same on every build.
 *
 * Win32 opens something else than what is written for many names: "con" and "nul.txt" are devices, "a. " is "a", "a:b"
 * a stream of a. None of these may reach a decision, so they are told apart here, for policies and for command lines
 * alike.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Why one component of a path, `length` bytes of UTF-8, is no name that a file can be found under by every program;
 * static text, NULL when it is one. `.`, `..` and `*` are the caller's business.
 */
const char *windows_name_fault(const char *name, size_t length);

/* True for what stands for a device in any directory: CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM1 to COM9 and LPT1 to
 * LPT9 (with 0 and superscript digits), whatever the case and whatever follows a dot, a colon or spaces.
 */
bool windows_name_is_device(const char *name, size_t length);
