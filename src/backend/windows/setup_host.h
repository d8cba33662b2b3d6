/* backend/windows/setup_host.h: setup's table on Windows (setup.h), and who calls it.
 *
 *	setup_host.c       the folder and its files, the registry, profiles
 *	setup_accounts.c   group, accounts, their rights
 *	setup_wfp.c        network filters
 */
#pragma once

#include "backend/backend.h"
#include "backend/windows/setup.h"
#include "os/windows/windows.h"

struct windows_setup {
	struct setup_host host;
	char *folder;
	HANDLE lock;
};

/* In the folder; NULL: %ProgramData%\cordon-setup. */
CORDON_CHECKED bool windows_setup_open(const char *folder, struct windows_setup *ret_setup, struct cordon_error *err);
void windows_setup_close(struct windows_setup *setup); /* zeroed is fine; also a CORDON_ON_EXIT release */

/* As of struct backend_ops. */
CORDON_CHECKED bool windows_setup_run(const struct setup_wish *wish, struct text *ret_changes, bool *ret_is_needed,
				      struct cordon_error *err);

bool setup_find_group(struct setup_host *host, const char *name, struct setup_named *ret_found,
		      struct cordon_error *err);
bool setup_make_group(struct setup_host *host, const char *name, const char *comment, struct cordon_error *err);
bool setup_drop_group(struct setup_host *host, const char *name, struct cordon_error *err);
bool setup_find_account(struct setup_host *host, const char *name, struct setup_named *ret_found,
			struct cordon_error *err);
bool setup_make_account(struct setup_host *host, const char *name, const char *comment, const char *password,
			struct cordon_error *err);
bool setup_set_password(struct setup_host *host, const char *name, const char *password, struct cordon_error *err);
bool setup_drop_account(struct setup_host *host, const char *name, struct cordon_error *err);
bool setup_is_member(struct setup_host *host, const char *group, const char *sid, bool *ret_is_member,
		     struct cordon_error *err);
bool setup_join(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err);
bool setup_leave(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err);
bool setup_has_right(struct setup_host *host, const char *sid, enum setup_right right, bool *ret_has,
		     struct cordon_error *err);
bool setup_give_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err);
bool setup_take_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err);

bool setup_look_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			const struct setup_filter *filters, size_t count, enum setup_standing *ret_standing,
			struct cordon_error *err);
bool setup_put_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
		       const struct setup_filter *filters, size_t count, struct cordon_error *err);
bool setup_drop_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			struct cordon_error *err);
