/* backend/windows/setup.h: `cordon setup`, a list of steps over a table of what they do to the host, so that a test ends it
 * at each. Pure; setup_host.c is Windows' own table, the tests have one of memory.
 *
 *	setup_apply    makes what is missing; nothing is missing: changes nothing
 *	setup_remove   undoes what the record names, in the reverse order, and looks whether it is gone
 *
 * The record (pool.h) is the journal: a step is in it before it is taken and until it was undone. Whatever ends setup, the
 * next setup goes on from there, and setup_remove undoes it. A setup that fails undoes what it began.
 *
 * What is named for the user to see (group, accounts) bears the record's random key in its comment: a thing of the same
 * name without it is somebody else's, which is neither taken over nor removed. Everything else goes by SID.
 */
#pragma once

#include "backend/windows/pool.h"

enum setup_standing {
	SETUP_ABSENT,
	SETUP_PART, /* some of it: to be made anew */
	SETUP_PRESENT,
	SETUP_FOREIGN, /* something else has its name */
};

enum { SETUP_SID_SIZE = 200, SETUP_COMMENT_SIZE = 256, SETUP_PATH_SIZE = 1024, SETUP_FILTERS_MAX = 1024 };

/* What has a name on the host. */
struct setup_named {
	bool exists;
	char sid[SETUP_SID_SIZE];
	char comment[SETUP_COMMENT_SIZE];
};

enum setup_right {
	SETUP_MAY_LOG_ON,     /* at this machine: what starting a process by name and password rests on */
	SETUP_NOT_BY_NET,     /* denials: over the network, */
	SETUP_NOT_REMOTELY,   /* by remote desktop, */
	SETUP_NOT_BY_TASK,    /* as a scheduled task, */
	SETUP_NOT_AS_SERVICE, /* as a service */
	SETUP_RIGHT_COUNT,
};

enum setup_layer { SETUP_CONNECT, SETUP_ACCEPT, SETUP_LISTEN, SETUP_ASSIGN, SETUP_LAYER_COUNT };

/* One filter: what the account asks at the layer is blocked; or permitted, over all blocks. */
struct setup_filter {
	uint8_t key[16]; /* of the record's key and of all below: another filter has another */
	const char *sid;
	enum setup_layer layer;
	int family;    /* 4 or 6 */
	bool is_boot;  /* stands before the filtering service does, and only then; else for good */
	bool permits;  /* TCP alone: */
	uint16_t port; /* CONNECT: to 127.0.0.1 at this port; ASSIGN: 0, any, for a connect binds as well */
};

/* Each may fail, says which call refused what, and then has changed nothing. */
struct setup_host {
	/* Whether this host and this user are ones that set up: elevated, no domain controller. */
	bool (*may)(struct setup_host *host, struct cordon_error *err);
	bool (*random)(struct setup_host *host, void *bytes, size_t count, struct cordon_error *err);

	/* The folder: PRESENT where it is the administrators' alone, and the users' (SIDs) to read; PART where the latter
	 * is otherwise. protect makes it so; drop takes it, when it is empty.
	 */
	bool (*look_folder)(struct setup_host *host, const char *const *users, size_t count,
			    enum setup_standing *ret_standing, struct cordon_error *err);
	bool (*make_folder)(struct setup_host *host, const char *const *users, size_t count, struct cordon_error *err);
	bool (*protect_folder)(struct setup_host *host, const char *const *users, size_t count,
			       struct cordon_error *err);
	bool (*drop_folder)(struct setup_host *host, struct cordon_error *err);

	/* From lock to unlock no run has an account, and no other setup works. */
	bool (*lock)(struct setup_host *host, struct cordon_error *err);
	void (*unlock)(struct setup_host *host);

	/* Files in the folder; put whole and through a crash, or not at all. get leaves the text empty where there is none;
	 * one that is gone can be dropped.
	 */
	bool (*put)(struct setup_host *host, const char *name, const char *bytes, size_t length,
		    struct cordon_error *err);
	bool (*get)(struct setup_host *host, const char *name, struct text *ret_bytes, struct cordon_error *err);
	bool (*drop)(struct setup_host *host, const char *name, struct cordon_error *err);

	/* Passwords, to what is kept and back; whoever has one wipes it. */
	bool (*wrap)(struct setup_host *host, const char *password, struct text *ret_bytes, struct cordon_error *err);
	bool (*unwrap)(struct setup_host *host, const char *bytes, size_t length, struct text *ret_password,
		       struct cordon_error *err);

	bool (*find_group)(struct setup_host *host, const char *name, struct setup_named *ret_found,
			   struct cordon_error *err);
	bool (*make_group)(struct setup_host *host, const char *name, const char *comment, struct cordon_error *err);
	bool (*drop_group)(struct setup_host *host, const char *name, struct cordon_error *err);
	bool (*find_account)(struct setup_host *host, const char *name, struct setup_named *ret_found,
			     struct cordon_error *err);
	bool (*make_account)(struct setup_host *host, const char *name, const char *comment, const char *password,
			     struct cordon_error *err);
	bool (*set_password)(struct setup_host *host, const char *name, const char *password, struct cordon_error *err);
	bool (*drop_account)(struct setup_host *host, const char *name, struct cordon_error *err);
	bool (*is_member)(struct setup_host *host, const char *group, const char *sid, bool *ret_is_member,
			  struct cordon_error *err);
	bool (*join)(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err);
	bool (*leave)(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err);

	bool (*has_right)(struct setup_host *host, const char *sid, enum setup_right right, bool *ret_has,
			  struct cordon_error *err);
	bool (*give_right)(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err);
	bool (*take_right)(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err);

	/* The list of accounts that the logon screen leaves out; taken away only when it is empty, else left. */
	bool (*has_list)(struct setup_host *host, bool *ret_has, struct cordon_error *err);
	bool (*make_list)(struct setup_host *host, struct cordon_error *err);
	bool (*drop_list)(struct setup_host *host, struct cordon_error *err);
	bool (*is_hidden)(struct setup_host *host, const char *name, bool *ret_is_hidden, struct cordon_error *err);
	bool (*hide)(struct setup_host *host, const char *name, struct cordon_error *err);
	bool (*show)(struct setup_host *host, const char *name, struct cordon_error *err);

	/* The folder of the SID's profile; empty: it has none. */
	bool (*find_profile)(struct setup_host *host, const char *sid, char ret_path[SETUP_PATH_SIZE],
			     struct cordon_error *err);
	bool (*make_profile)(struct setup_host *host, const char *sid, const char *name, struct cordon_error *err);
	bool (*drop_profile)(struct setup_host *host, const char *sid, struct cordon_error *err);

	/* PRESENT: the provider and the sublayer of these keys, and exactly these filters. put makes it so, whatever there
	 * was of the provider's, and drop leaves nothing of it, each at once or not at all.
	 */
	bool (*look_filters)(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			     const struct setup_filter *filters, size_t count, enum setup_standing *ret_standing,
			     struct cordon_error *err);
	bool (*put_filters)(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			    const struct setup_filter *filters, size_t count, struct cordon_error *err);
	bool (*drop_filters)(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			     struct cordon_error *err);
};

struct setup_order {
	bool is_trial;            /* looks and says, and changes nothing */
	unsigned per_kind;        /* accounts of each kind; 0: as it is, else 2 */
	const char *const *users; /* SIDs of those whose runs get accounts, beside those who have them already */
	size_t user_count;
};

/* One line for each thing that was changed, or would be. Errors: CORDON_UNSUPPORTED for what this host does not let be done
 * (it says what to do), CORDON_OS_FAILED.
 */
CORDON_CHECKED bool setup_apply(struct setup_host *host, const struct setup_order *order, struct text *ret_changes,
				struct cordon_error *err);
CORDON_CHECKED bool setup_remove(struct setup_host *host, bool is_trial, struct text *ret_changes,
				 struct cordon_error *err);

/* setup_filters.c: the filters of the pool's accounts as they are now; those without a SID have none. Returns how many. */
size_t setup_filters(const struct pool *pool, struct setup_filter filters[SETUP_FILTERS_MAX]);
void setup_key(const struct pool *pool, const char *what, uint8_t ret_key[16]);
