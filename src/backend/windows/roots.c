/* What of a run stays on files: descriptors, and the capability of each root, by which the next run finds it open
 * already.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <sddl.h>

enum { SID_TEXT_MAX = 200, CAPABILITIES_MAX = 100000, LOOK_MS = 5000 };

struct roots {
	struct windows_store *store;
	const struct identities *identities; /* borrowed, as the policy is */
	const struct policy *policy;         /* NULL: no run's */
	char *folder;                        /* of the capabilities: one file each, named by the root's identity */
	struct arena arena;
	struct {
		PSID *items;
		size_t count, room;
	} known; /* every capability that there is */
	bool is_using;
};

void roots_free_at(struct roots **roots)
{
	roots_free(*roots);
}

static struct windows_sid find(const void *context, struct sid sid)
{
	const struct roots *roots = context;
	PSID found = identities_find(roots->identities, sid);
	return found ? (struct windows_sid){ found, (uint16_t)GetLengthSid(found) } : (struct windows_sid){ 0 };
}

static bool is_cordons(const void *context, struct windows_sid sid)
{
	const struct roots *roots = context;
	PSID accounts = roots->identities->roles[SID_ACCOUNTS];
	if (accounts && EqualSid(accounts, (PSID)(uintptr_t)sid.bytes))
		return true;
	for (size_t i = 0; i < roots->known.count; i++)
		if (EqualSid(roots->known.items[i], (PSID)(uintptr_t)sid.bytes))
			return true;
	return false;
}

static bool may_read(const void *policy, const char *path)
{
	return policy_decide_path(policy, path).access > ACCESS_NONE;
}

static struct descriptors descriptors_of(const struct roots *roots, struct who *who)
{
	*who = (struct who){ find, is_cordons, roots };
	return (struct descriptors){
		.store = roots->store ? windows_store_operations(roots->store) : NULL,
		.who = who,
		.may_read = roots->policy ? may_read : NULL,
		.policy = roots->policy,
	};
}

/* -- capabilities -------------------------------------------------------------------------------------------------- */

static PSID keep(struct roots *roots, PSID sid)
{
	DWORD length = GetLengthSid(sid);
	PSID kept = arena_take(&roots->arena, length);
	return kept && CopySid(length, kept, sid) ? kept : NULL;
}

/* Made up by cordon, or a package's. What everybody has, or a user, would be granted the root. */
static bool is_cordons_kind(const struct roots *roots, PSID sid)
{
	const BYTE count = *GetSidSubAuthorityCount(sid), authority = GetSidIdentifierAuthority(sid)->Value[5];
	const DWORD first = count > 0 ? *GetSidSubAuthority(sid, 0) : 0;
	return (authority == 15 && first == SECURITY_APP_PACKAGE_BASE_RID) ||
	       (authority == 5 && first == SECURITY_NT_NON_UNIQUE && count == 5 &&
		!EqualPrefixSid(sid, roots->identities->roles[SID_USER]));
}

static bool read_capability(struct roots *roots, const char *path, PSID *ret_sid, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_local) PSID sid = NULL;
	if (!os_read_file(path, SID_TEXT_MAX, &text, err) || !wide_make(text_str(&text), &wide, err))
		return false;
	if (!ConvertStringSidToSidW(wide, &sid) || !is_cordons_kind(roots, sid))
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' is damaged: it holds no identity of cordon's", path);
	*ret_sid = keep(roots, sid);
	return *ret_sid || cordon_fail_memory(err);
}

static bool write_capability(const struct roots *roots, const char *name, PSID sid, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) LPWSTR wide = NULL;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!ConvertSidToStringSidW(sid, &wide))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell an identity");
	wide_add(&text, wide, wide_length(wide));
	return text_ok(&text) ? os_write_file(roots->folder, name, text_str(&text), text.length, err)
			      : cordon_fail_memory(err);
}

/* The root's, should it have been one before; else the fresh one becomes it. */
static bool settle_capability(struct roots *roots, const struct windows_root *root, PSID *capability,
			      struct cordon_error *err)
{
	char name[40];
	if (root->device == 0 && root->inode == 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' cannot be told from another folder of its name",
				   root->path);
	snprintf(name, sizeof name, "%016llx-%016llx", (unsigned long long)root->device,
		 (unsigned long long)root->inode);
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", roots->folder, name);
	if (!path)
		return cordon_fail_memory(err);
	return os_exists(path) ? read_capability(roots, path, capability, err)
			       : write_capability(roots, name, *capability, err);
}

/* The package's: derived from its name, and kept for the others to know it as cordon's. */
static bool settle_package(const struct roots *roots, const struct identities *identities, struct cordon_error *err)
{
	PSID package = identities->roles[SID_PACKAGE];
	CORDON_ON_EXIT(free_local) LPWSTR wide = NULL;
	CORDON_ON_EXIT(text_free) struct text name = { 0 };
	if (!package)
		return true;
	if (!ConvertSidToStringSidW(package, &wide))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell an identity");
	wide_add(&name, wide, wide_length(wide));
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", roots->folder, text_str(&name));
	if (!text_ok(&name) || !path)
		return cordon_fail_memory(err);
	return os_exists(path) || write_capability(roots, text_str(&name), package, err);
}

static bool note_known(void *context, const char *path, struct cordon_error *err)
{
	struct roots *roots = context;
	PSID *known;
	if (strchr(os_name(path), '.'))
		return os_remove_file(path, err);
	known = LIST_ADD_IN(&roots->arena, &roots->known);
	return known ? read_capability(roots, path, known, err) : cordon_fail_memory(err);
}

static bool settle_capabilities(struct roots *roots, const struct plan_windows *windows, struct identities *identities,
				struct cordon_error *err)
{
	size_t budget = CAPABILITIES_MAX;
	if (!settle_package(roots, identities, err))
		return false;
	for (size_t i = 0; i < windows->roots.count; i++)
		if (!settle_capability(roots, &windows->roots.items[i], &identities->capabilities[i], err))
			return false;
	return os_walk(roots->folder, &budget, os_clock() + LOOK_MS, note_known, roots, err);
}

bool roots_new(const struct plan *plan, struct identities *identities, struct roots **ret_roots,
	       struct cordon_error *err)
{
	CORDON_ON_EXIT(roots_free_at) struct roots *roots = calloc(1, sizeof *roots);
	bool is_alone;
	if (!roots)
		return cordon_fail_memory(err);
	roots->identities = identities;
	roots->policy = plan->policy;
	roots->folder = text_format("%s\\capabilities", plan->facts->state);
	if (!roots->folder)
		return cordon_fail_memory(err);
	if (!os_make_directories(roots->folder, err) || !windows_store_open(plan->facts->state, &roots->store, err) ||
	    !windows_store_begin(roots->store, &is_alone, err))
		return false;
	bool is_settled = settle_capabilities(roots, plan->windows, identities, err);
	windows_store_end(roots->store);
	if (is_settled)
		*ret_roots = cordon_take(&roots);
	return is_settled;
}

/* -- descriptors --------------------------------------------------------------------------------------------------- */

static bool open_alone(const struct descriptors *descriptors, const struct plan_windows *windows, bool is_alone,
		       struct cordon_error *err)
{
	bool do_hold = false;
	if (is_alone)
		return descriptors_apply(descriptors, windows, err);
	return descriptors_hold(descriptors, windows, &do_hold, err) &&
	       (do_hold || cordon_fail(err, CORDON_UNSUPPORTED,
				       "descriptors of files would have to change, and another run rests on those that "
				       "there are; start this one when that has ended"));
}

bool roots_open(struct roots *roots, const struct plan_windows *windows, struct cordon_error *err)
{
	struct who who;
	const struct descriptors descriptors = descriptors_of(roots, &who);
	bool is_alone;
	if (!windows_store_begin(roots->store, &is_alone, err))
		return false;
	if (!open_alone(&descriptors, windows, is_alone, err)) {
		windows_store_end(roots->store);
		return false;
	}
	roots->is_using = windows_store_use(roots->store, err);
	return roots->is_using;
}

bool roots_mend(struct roots *roots, const struct plan_windows *windows, void (*mended)(void *context, size_t object),
		void *context, struct cordon_error *err)
{
	struct who who;
	const struct descriptors descriptors = descriptors_of(roots, &who);
	bool is_alone;
	if (!windows_store_begin(roots->store, &is_alone, err))
		return false;
	bool is_mended = descriptors_mend(&descriptors, windows, mended, context, err);
	windows_store_end(roots->store);
	return is_mended;
}

bool roots_forget(const char *state, const char *path, size_t *ret_count, struct cordon_error *err)
{
	CORDON_ON_EXIT(windows_store_close_at) struct windows_store *store = NULL;
	/* What is undone was noted: no identity is asked for. */
	const struct identities nobody = { 0 };
	const struct roots roots = { .identities = &nobody };
	struct who who;
	bool is_alone;
	if (!windows_store_open(state, &store, err) || !windows_store_begin(store, &is_alone, err))
		return false;
	struct descriptors descriptors = descriptors_of(&roots, &who);
	descriptors.store = windows_store_operations(store);
	bool is_done = is_alone ? descriptors_forget(&descriptors, path, ret_count, err)
				: cordon_fail(err, CORDON_UNSUPPORTED, "a run is going on; forget when it has ended");
	windows_store_end(store);
	return is_done;
}

/* What the run had made for itself goes with the last run; if not now, with the next start. */
static void leave(struct roots *roots)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct who who;
	const struct descriptors descriptors = descriptors_of(roots, &who);
	bool is_alone = false;
	windows_store_leave(roots->store);
	if (!windows_store_begin(roots->store, &is_alone, &ignored))
		return;
	if (is_alone)
		(void)!descriptors_recover(&descriptors, &ignored);
	windows_store_end(roots->store);
}

struct roots *roots_free(struct roots *roots)
{
	if (!roots)
		return NULL;
	if (roots->is_using)
		leave(roots);
	windows_store_close(roots->store);
	arena_free(&roots->arena);
	free(roots->folder);
	free(roots);
	return NULL;
}
