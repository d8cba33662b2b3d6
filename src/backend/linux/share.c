/* Memory that the supervisor and init both see: mapped before init is cloned, so that a pointer into it means the same
 * to both. Pages cost nothing until they are used.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backend/linux/cage.h"

/* The kernel takes at most 6 MiB of arguments and environment (execve(2)), which are here with pointers to each. */
enum { SHARE_SIZE = 64 * 1024 * 1024, ALIGNMENT = 16 };

struct share {
	char *bytes;
	size_t used;
};

struct share *share_new(void)
{
	struct share *share = malloc(sizeof *share);
	if (!share)
		return NULL;
	share->used = 0;
	share->bytes = mmap(NULL, SHARE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			    0);
	if (share->bytes == MAP_FAILED) {
		free(share);
		return NULL;
	}
	return share;
}

struct share *share_free(struct share *share)
{
	if (share)
		munmap(share->bytes, SHARE_SIZE);
	free(share);
	return NULL;
}

void *share_take(struct share *share, size_t size)
{
	size_t taken = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (taken < size || taken > SHARE_SIZE - share->used)
		return NULL;
	void *bytes = share->bytes + share->used;
	share->used += taken;
	return bytes;
}

char *share_string(struct share *share, const char *string)
{
	size_t size = strlen(string) + 1;
	char *copy = share_take(share, size);
	return copy ? memcpy(copy, string, size) : NULL;
}

/* A NULL-terminated list, with `room` empty places in front. */
static char **copy_list(struct share *share, char *const *list, size_t room)
{
	size_t count = 0;
	while (list[count])
		count++;
	char **copy = share_take(share, (room + count + 1) * sizeof *copy);
	for (size_t i = 0; copy && i < count; i++) {
		copy[room + i] = share_string(share, list[i]);
		if (!copy[room + i])
			return NULL;
	}
	return copy;
}

static bool is_full(struct cordon_error *err)
{
	return cordon_fail(err, CORDON_BAD_USAGE,
			   "the arguments, the environment and the policy are too long together");
}

static bool copy_mount(struct share *share, const struct plan_mount *from, struct plan_mount *to)
{
	*to = *from;
	to->rule = NULL;
	to->path = share_string(share, from->path);
	if (from->hide)
		to->hide = copy_list(share, from->hide, 0);
	if (from->show)
		to->show = copy_list(share, from->show, 0);
	if (from->make)
		to->make = copy_list(share, from->make, 0);
	if (from->decoys)
		to->decoys = copy_list(share, from->decoys, 0);
	if (from->lower)
		to->lower = share_string(share, from->lower);
	return to->path && !from->hide == !to->hide && !from->show == !to->show && !from->make == !to->make &&
	       !from->decoys == !to->decoys && !from->lower == !to->lower;
}

bool share_list(struct share *share, char *const *list, char ***ret_list, struct cordon_error *err)
{
	char **copy = copy_list(share, list, 0);
	if (!copy)
		return is_full(err);
	*ret_list = copy;
	return true;
}

bool share_plan(struct share *share, const struct plan *from, struct plan *ret_plan, struct cordon_error *err)
{
	struct plan plan = {
		.target = from->target,
		.directory = share_string(share, from->directory),
		.environment = copy_list(share, from->environment, 0),
		.network = from->network,
		.root_is_writable = from->root_is_writable,
		.caches = from->caches ? share_string(share, from->caches) : NULL,
	};
	memcpy(plan.limits, from->limits, sizeof plan.limits);
	plan.mounts.items = share_take(share, from->mounts.count * sizeof *plan.mounts.items);
	if (!plan.directory || !plan.environment || !plan.mounts.items || (from->caches && !plan.caches))
		return is_full(err);
	for (; plan.mounts.count < from->mounts.count; plan.mounts.count++)
		if (!copy_mount(share, &from->mounts.items[plan.mounts.count], &plan.mounts.items[plan.mounts.count]))
			return is_full(err);
	*ret_plan = plan;
	return true;
}

bool share_arguments(struct share *share, char *const *argv, char ***ret_argv, char ***ret_script,
		     struct cordon_error *err)
{
	static const char shell[] = "/bin/sh";
	char **copy = copy_list(share, argv, 1); /* script: the shell, the script, argv[1]… */
	size_t count = 0;
	while (argv[count])
		count++;
	char **own = share_take(share, (count + 1) * sizeof *own);
	char *interpreter = share_string(share, shell);
	if (!copy || !own || !interpreter)
		return is_full(err);
	memcpy(own, copy + 1, count * sizeof *own);
	copy[0] = interpreter;
	*ret_argv = own;
	*ret_script = copy;
	return true;
}
