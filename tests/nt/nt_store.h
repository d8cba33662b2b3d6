/* tests/nt/nt_store.h: a world's files as descriptors.c sees them, with a journal in memory; and the moment when the
 * power goes.
 */
#pragma once

#include "backend/windows/descriptors.h"
#include "nt_world.h"

enum { NT_JOURNAL_MAX = 256 };

struct nt_store {
	struct store store;
	struct nt_world *world;
	struct nt_token user;
	struct {
		char name[40];
		char *bytes; /* NULL: free */
		size_t length;
	} journal[NT_JOURNAL_MAX];
	unsigned steps;    /* changes so far, of files or of the journal */
	unsigned dies_at;  /* the how many-eth change is not made, and nothing works from then on; 0: never */
	unsigned fails_at; /* the how many-eth change is not made, and what follows is; 0: none */
	uint64_t drawn;
	bool is_dead;
	const char *full; /* why the model could not hold it; NULL: it could */
};

/* The plan's roles, for the model; the context is a struct nt_names. */
extern const struct who nt_who;

void nt_store_open(struct nt_store *store, struct nt_world *world);
/* After a death: what was written is there. */
void nt_store_revive(struct nt_store *store);
unsigned nt_store_journal(const struct nt_store *store); /* how many files it has */
void nt_store_close(struct nt_store *store);

/* Do both have the same files with the same descriptors? *ret_file: the first that differs. */
bool nt_world_equals(const struct nt_world *a, const struct nt_world *b, const char **ret_file);
