/* backend/windows/accounts.h: one account of the pool that `cordon setup` made, for one run.
 *
 *	accounts_claim -> start the runner as it -> account_forget_password -> … -> account_release
 *
 * While it is claimed no other process gets it; a process that dies has released it. What a run left in the account (its
 * processes, its hive, what lies in its profile) is for whoever claims it to sweep, first thing.
 */
#pragma once

#include "os/windows/windows.h"

#include "backend/windows/pool.h"

struct account {
	enum pool_kind kind;
	uint16_t gate_port; /* GATED: the filters leave it TCP to 127.0.0.1 at that port; else 0 */
	char *name;         /* UTF-8; its domain is this machine: "." */
	char *sid;          /* "S-1-5-21-…" */
	char *group_sid;    /* of the group that all accounts of the pool are in, and nobody else */
	char *profile;      /* the folder of its profile */
	uint16_t *password; /* with a zero behind it; NULL once forgotten */
	HANDLE claim, pool; /* the locks */
};

/* Claims any free account of that kind. Errors: CORDON_UNSUPPORTED where there is none, for want of setup, because all are
 * in use, or because the folder is not the administrators'; each names what to do. The caller releases it.
 */
CORDON_CHECKED bool accounts_claim(enum pool_kind kind, struct account *ret_account, struct cordon_error *err);

/* The same from a folder that the caller answers for: `folder` is not looked at for who may write there. */
CORDON_CHECKED bool accounts_claim_in(const char *folder, enum pool_kind kind, struct account *ret_account,
				      struct cordon_error *err);

void account_forget_password(struct account *account); /* overwrites it */
/* Reads it again, of an account that is claimed. */
CORDON_CHECKED bool account_recall_password(struct account *account, struct cordon_error *err);
void account_release(struct account *account); /* zeroed is fine; also a CORDON_ON_EXIT release */

/* The record of setup, for reading. Errors as of accounts_claim. */
CORDON_CHECKED bool accounts_read(struct pool *ret_pool, struct cordon_error *err);

/* Where setup keeps its record; malloc'ed. */
CORDON_CHECKED bool accounts_folder(char **ret_folder, struct cordon_error *err);

/* Passwords to and from the bytes of secret-N. The password is malloc'ed; whoever has it wipes it. */
CORDON_CHECKED bool secret_wrap(const uint16_t *password, struct text *ret_bytes, struct cordon_error *err);
CORDON_CHECKED bool secret_unwrap(const char *bytes, size_t length, uint16_t **ret_password, struct cordon_error *err);
