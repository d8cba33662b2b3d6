#include "backend/windows/package.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/scope.h"

bool package_shape(const struct plan_windows *windows, struct text *text)
{
	for (size_t i = 0; i < windows->objects.count; i++) {
		const struct windows_object *object = &windows->objects.items[i];
		for (size_t j = 0; j < object->entries.count; j++) {
			const struct windows_entry *entry = &object->entries.items[j];
			if (entry->sid.role == SID_PACKAGE && !entry->denies)
				text_addf(text, "%s\n%llx %llx %x %d\n", object->path,
					  (unsigned long long)object->device, (unsigned long long)object->inode,
					  (unsigned)entry->rights, (int)entry->reach);
		}
	}
	return text_ok(text);
}

/* The system may say yes and have done nothing. */
static bool take_away(struct packages *packages, const char *name, struct cordon_error *err)
{
	bool is_there;
	if (!packages->remove(packages, name, err) || !packages->look(packages, name, &is_there, err))
		return false;
	return !is_there || cordon_fail(err, CORDON_OS_FAILED, "the profile of the package '%s' does not go", name);
}

static bool make_anew(struct packages *packages, const char *name, struct cordon_error *err)
{
	bool is_there;
	if (!take_away(packages, name, err) || !packages->make(packages, name, err) ||
	    !packages->look(packages, name, &is_there, err))
		return false;
	return is_there || cordon_fail(err, CORDON_UNSUPPORTED,
				       "this system makes no AppContainers: a profile that was made is not there");
}

bool package_open(struct packages *packages, const char *name, struct package_claim **ret_claim,
		  struct cordon_error *err)
{
	struct package_claim *claim;
	struct cordon_error later = CORDON_ERROR_INIT;
	if (!packages->claim(packages, name, &claim, err))
		return false;
	if (!claim)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "another run with the same workspace and grants is in the package '%s': two would "
				   "reach each other's processes; start this one when that has ended",
				   name);
	if (packages->note(packages, claim, true, err) && make_anew(packages, name, err)) {
		*ret_claim = claim;
		return true;
	}
	if (!package_close(packages, name, claim, &later))
		cordon_while(err, "and the package's profile is not removed yet (%s)", later.text);
	return false;
}

bool package_close(struct packages *packages, const char *name, struct package_claim *claim, struct cordon_error *err)
{
	bool is_gone = take_away(packages, name, err) && packages->note(packages, claim, false, err);
	packages->release(packages, claim);
	return is_gone;
}

struct names {
	struct text *items;
	size_t count, room;
};

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		text_free(&names->items[i]);
	free(names->items);
}

static bool note_name(void *context, const char *name, struct cordon_error *err)
{
	struct names *names = context;
	struct text *added = LIST_ADD(names);
	if (added) {
		*added = (struct text){ 0 };
		text_add(added, name);
	}
	return (added && text_ok(added)) || cordon_fail_memory(err);
}

static void sweep_one(struct packages *packages, const char *name)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct package_claim *claim;
	bool is_made;
	if (!packages->claim(packages, name, &claim, &ignored) || !claim)
		return;
	if (packages->noted(packages, claim, &is_made, &ignored) && is_made)
		(void)!package_close(packages, name, claim, &ignored);
	else
		packages->release(packages, claim);
}

bool package_sweep(struct packages *packages, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_names) struct names names = { 0 };
	if (!packages->names(packages, note_name, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		sweep_one(packages, text_str(&names.items[i]));
	return true;
}
