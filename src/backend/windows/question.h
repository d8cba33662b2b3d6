/* backend/windows/question.h: what public sources do not settle about NT's decisions (tests/nt/nt.h), as cases for
 * cordon-selftest to put to a real Windows. Pure data: tests/nt checks that the model gives the answers that are
 * written here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum question_who {
	QUESTION_USER,
	QUESTION_EVERYONE,
	QUESTION_CAPABILITY, /* a random identity, one of the token's restricting ones */
	QUESTION_OWNER_RIGHTS,
	QUESTION_SOME_PACKAGE, /* QUESTION_PACKAGE's own */
};

struct question_entry {
	enum question_who who;
	uint8_t flags; /* as in the system's headers */
	uint32_t rights;
	bool denies;
};

enum question_token {
	QUESTION_PLAIN,            /* the user's own */
	QUESTION_WRITE_RESTRICTED, /* restricted to the capability and Everyone */
	QUESTION_BELOW_MEDIUM,     /* the user's own, at 0x1800 */
	QUESTION_PACKAGE,          /* an AppContainer */
};

enum question_act {
	QUESTION_OPENS, /* with these rights */
	QUESTION_LINKS, /* gives it a second name, in a folder where it may */
};

enum { QUESTION_ENTRIES_MAX = 4 };

struct question {
	const char *name; /* as in nt_readings_table */
	enum question_token token;
	enum question_act act;
	uint32_t rights;
	struct question_entry folder[QUESTION_ENTRIES_MAX], file[QUESTION_ENTRIES_MAX]; /* end with no rights */
	bool believed; /* it succeeds; with the other answer it is refused, or the other way round */
};

extern const struct question questions[];
extern const unsigned question_count;
