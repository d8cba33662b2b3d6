/* tests/nt/nt_host.h: a host that `cordon setup` works on: what the operations change and nothing else, and the moment when one
 * of them fails or the power goes. What it cannot tell is whether Windows does what the operations say.
 */
#pragma once

#include "backend/windows/setup.h"

enum { THINGS_MAX = 64, FILES_MAX = 32, FILTERS_MAX = 512 };

struct thing {
	char name[64], sid[SETUP_SID_SIZE], comment[SETUP_COMMENT_SIZE], password[64];
};

struct nt_host {
	struct setup_host host;
	unsigned operations, fails_at, dies_at;
	bool dies_after; /* the operation that it dies at is done */
	bool is_dead, is_locked;
	bool keeps_nothing; /* says yes and keeps no descriptor, as Wine does */
	bool keeps_no_filters;
	bool is_in_use;    /* a run has an account */
	unsigned per_kind; /* 0: as many as setup makes by itself */
	unsigned next_sid, changes;

	bool has_folder, is_foreign_folder;
	char readers[512];
	struct {
		char name[32];
		char *bytes;
		size_t length;
	} files[FILES_MAX];
	struct thing groups[THINGS_MAX], accounts[THINGS_MAX];
	char members[THINGS_MAX][SETUP_SID_SIZE], hidden[THINGS_MAX][64], profiles[THINGS_MAX][SETUP_SID_SIZE];
	char rights[THINGS_MAX][SETUP_SID_SIZE + 8];
	bool has_list;
	uint8_t provider[16];
	bool has_provider;
	uint8_t filters[FILTERS_MAX][16];
	size_t filter_count;
};

struct nt_host *nt_host_new(void);
void nt_host_free(struct nt_host **holder);

#define HOST(name) __attribute__((cleanup(nt_host_free))) struct nt_host *name = nt_host_new()

/* All of it, in one text. */
void nt_host_tell(struct nt_host *model, struct text *text);

struct thing *nt_host_find(struct thing *things, const char *name); /* NULL: there is none */

/* A set of strings: nt_host_has(SET(members), sid). */
#define SET(name) model->name[0], sizeof model->name[0]
bool nt_host_has(char *set, size_t size, const char *string);
const char *nt_host_right(const char *sid, enum setup_right right); /* its name in the set, until the next */
