/* backend/windows/pool.h: what `cordon setup` has made on this host, as it is kept in its protected folder. Pure.
 *
 *	pool_read -> use -> pool_free;  pool_write for whoever sets it up
 *
 * The folder, %ProgramData%\cordon-setup, is the administrators' and readable to the users for whom setup was made:
 *
 *	pool        this record
 *	secret-N    the password of account N, wrapped by the system's data protection for this machine
 *	lock        byte 0: a run holds it shared, setup holds it alone
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* What the network is to an account, for good: the filters by account stand before there is a run. */
enum pool_kind {
	POOL_CLOSED, /* nothing */
	POOL_GATED,  /* TCP to 127.0.0.1 at the account's gate port, and nothing else */
	POOL_OPEN,   /* no filters */
	POOL_KIND_COUNT,
};

const char *pool_kind_name(enum pool_kind kind); /* "closed" */

enum {
	POOL_VERSION = 1,
	POOL_ACCOUNTS_MAX = 48,
	POOL_USERS_MAX = 16,
	POOL_RECORD_MAX = 256 * 1024,
	POOL_SECRET_MAX = 4096,
	POOL_KEY_SIZE = 33, /* 128 random bits in hexadecimal digits */
	POOL_STEPS_MAX = 512,
};

#define POOL_FOLDER "cordon-setup"
#define POOL_RECORD "pool"
#define POOL_LOCK "lock"
#define POOL_LOCK_RUNS 0u
/* Beyond any byte of a secret: who holds it has claimed the account. */
#define POOL_LOCK_CLAIM_HIGH 1u

struct pool_account {
	enum pool_kind kind;
	uint16_t gate_port;  /* GATED; else 0 */
	const char *name;    /* of this machine */
	const char *sid;     /* "S-1-5-21-…"; empty: not made yet, as far as is known */
	const char *profile; /* its folder; empty: the same */
};

struct pool {
	bool is_whole; /* every step was taken and looked at; else setup is at work, or was killed */
	char key[POOL_KEY_SIZE];
	const char *group_name, *group_sid; /* of all accounts; the SID as an account's */
	size_t user_count, account_count, step_count;
	const char *users[POOL_USERS_MAX]; /* SIDs of those who may run commands in the accounts */
	struct pool_account accounts[POOL_ACCOUNTS_MAX];
	const char *steps[POOL_STEPS_MAX]; /* begun and not undone, in their order; setup's own words */
	struct arena arena;                /* of all strings */
};

/* Errors: CORDON_OS_FAILED for what setup did not write like that. */
CORDON_CHECKED bool pool_read(const char *bytes, size_t length, struct pool *ret_pool, struct cordon_error *err);
CORDON_CHECKED bool pool_write(const struct pool *pool, struct text *ret_bytes, struct cordon_error *err);
void pool_free(struct pool *pool); /* also a CORDON_ON_EXIT release */

/* A folder of that descriptor (as the system tells it) is the administrators': nobody else owns it, writes in it or
 * changes its descriptor. What is in any other may be whoever's.
 */
bool pool_is_protected(const uint8_t *descriptor, size_t length);
