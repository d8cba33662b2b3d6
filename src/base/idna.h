/* base/idna.h: international names of hosts. Pure. RFC 5890 to 5893 (IDNA2008), 3492.
 *
 * DNS knows such a name as labels in ASCII that begin with "xn--"; a person writes and reads its letters. Nothing is
 * mapped here: a letter that DNS has in another form (a capital, a wide one, an accent beside its letter) is an error
 * that names it, for programs do not agree about what they would make of it. Two names that look alike stay two: what
 * decides is the form in ASCII, and that is what is shown first wherever a rule is shown.
 */
#pragma once

#include <stdbool.h>

#include "base/host.h"

enum { IDNA_WHY_SIZE = 224, IDNA_TEXT_SIZE = 4 * HOST_NAME_SIZE };

/* The name in ASCII, of one in UTF-8. Labels that are in ASCII stay as they are; those that begin with "xn--" have to be
 * what their letters are written as. False: why not.
 */
bool idna_to_ascii(const char *text, char ret_name[HOST_NAME_SIZE], char ret_why[IDNA_WHY_SIZE]);

/* The name with its letters, in UTF-8; false when none of its labels is international. */
bool idna_to_unicode(const char *name, char ret_text[IDNA_TEXT_SIZE]);
