#include "backend/linux/profile.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "os/os.h"

enum { PROFILE_MAX = 64 * 1024, LIST_MAX = 4 * 1024 * 1024 };

static const char mark[] = "# Made by 'cordon setup', which makes it anew; 'cordon setup --remove' removes it.\n";

static bool read_at(const struct profile_place *place, const char *path, size_t limit, struct text *ret_text)
{
	struct cordon_error unsaid = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *whole = text_format("%s%s", place->root, path);
	return whole && os_read_file(whole, limit, ret_text, &unsaid);
}

static bool is_restricted(const struct profile_place *place)
{
	CORDON_ON_EXIT(text_free) struct text setting = { 0 };
	return read_at(place, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 16, &setting) &&
	       text_str(&setting)[0] == '1';
}

static bool is_loaded(const struct profile_place *place)
{
	CORDON_ON_EXIT(text_free) struct text list = { 0 };
	return read_at(place, "/sys/kernel/security/apparmor/profiles", LIST_MAX, &list) &&
	       (text_starts(text_str(&list), "cordon (") || strstr(text_str(&list), "\ncordon ("));
}

/* Whoever could put another program there would have namespaces for it. */
static bool check_program(const struct profile_place *place, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s%s", place->root, place->program);
	size_t begin = strlen(place->root);
	struct stat about;
	if (!path)
		return cordon_fail_memory(err);
	/* Everything else may mean something to AppArmor. */
	if (strspn(place->program, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-") !=
	    strlen(place->program))
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"a profile cannot name '%s': install cordon where the path has letters, digits, '.', '_', '+' "
			"and '-' only",
			place->program);
	for (char *end = path + strlen(path); end > path + begin;) {
		if (stat(path, &about) != 0)
			return cordon_fail_errno(err, errno, "look at '%s'", path);
		if (about.st_uid != place->administrator || (about.st_mode & (S_IWGRP | S_IWOTH)))
			return cordon_fail(
				err, CORDON_UNSUPPORTED,
				"'%s' is not written by root alone, and a profile would let whatever is put at '%s' make "
				"namespaces: install cordon where only root writes",
				path + begin, place->program);
		while (end > path + begin && *--end != '/')
			;
		*end = 0;
	}
	return true;
}

static char *make_profile(const struct profile_place *place)
{
	return text_format(
		"%s\nabi <abi/4.0>,\ninclude <tunables/global>\n\n"
		"profile cordon %s flags=(unconfined) {\n  userns,\n\n  include if exists <local/cordon>\n}\n",
		mark, place->program);
}

/* -- steps --------------------------------------------------------------------------------------------------------- */

struct profile {
	const struct profile_place *place;
	char *folder, *path;
	struct text found;
};

static void profile_free(struct profile *profile)
{
	free(profile->folder);
	free(profile->path);
	text_free(&profile->found);
}

static bool profile_find(const struct profile_place *place, struct profile *profile, struct cordon_error *err)
{
	profile->place = place;
	profile->folder = text_format("%s/etc/apparmor.d", place->root);
	profile->path = text_format("%s/etc/apparmor.d/cordon", place->root);
	if (!profile->folder || !profile->path)
		return cordon_fail_memory(err);
	return !os_exists(profile->path) || os_read_file(profile->path, PROFILE_MAX, &profile->found, err);
}

static bool is_ours(const struct profile *profile)
{
	return text_starts(text_str(&profile->found), mark);
}

static bool put(const struct profile *profile, const char *bytes, struct cordon_error *err)
{
	if (!os_write_file(profile->folder, "cordon", bytes, strlen(bytes), err))
		return false;
	return chmod(profile->path, 0644) == 0 || cordon_fail_errno(err, errno, "chmod '%s'", profile->path);
}

/* What was there stands again, in the folder and in the kernel as far as it lets itself be told. */
static bool put_back(const struct profile *profile, struct cordon_error *err)
{
	struct cordon_error second = CORDON_ERROR_INIT;
	bool is_back = is_ours(profile)
			       ? put(profile, text_str(&profile->found), &second) &&
					 profile->place->load(profile->place->root, profile->path, false, &second)
			       : os_remove_file(profile->path, &second);
	return is_back ? false : cordon_while(err, "%s; first", second.text);
}

static bool make(const struct profile *profile, const char *wanted, struct cordon_error *err)
{
	const struct profile_place *place = profile->place;
	if (!put(profile, wanted, err))
		return false;
	if (!place->load(place->root, profile->path, false, err))
		return put_back(profile, err);
	if (is_loaded(place))
		return true;
	cordon_fail(err, CORDON_UNSUPPORTED, "apparmor_parser loaded '%s' and the kernel has no such profile",
		    profile->path);
	return put_back(profile, err);
}

static bool apply(const struct profile *profile, bool is_trial, struct text *changes, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *wanted = make_profile(profile->place);
	if (!wanted)
		return cordon_fail_memory(err);
	if (profile->found.length > 0 && !is_ours(profile))
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"'%s' was not made by 'cordon setup', and is left: load it with 'apparmor_parser -r', or remove it "
			"and run 'cordon setup' again",
			profile->path);
	if (strcmp(text_str(&profile->found), wanted) == 0 && is_loaded(profile->place))
		return true;
	if (!check_program(profile->place, err) || (!is_trial && !make(profile, wanted, err)))
		return false;
	text_addf(changes, "AppArmor profile '%s', for %s\n", profile->path, profile->place->program);
	return text_ok(changes) || cordon_fail_memory(err);
}

static bool undo(const struct profile *profile, bool is_trial, struct text *changes, struct cordon_error *err)
{
	const struct profile_place *place = profile->place;
	if (!is_ours(profile))
		return true;
	if (!is_trial && is_loaded(place) && !place->load(place->root, profile->path, true, err))
		return false;
	if (!is_trial && is_loaded(place))
		return cordon_fail(err, CORDON_OS_FAILED,
				   "the kernel still has the profile 'cordon' after it was removed");
	if (!is_trial && !os_remove_file(profile->path, err))
		return false;
	text_addf(changes, "AppArmor profile '%s'\n", profile->path);
	return text_ok(changes) || cordon_fail_memory(err);
}

bool profile_change(const struct profile_place *place, const struct setup_wish *wish, struct text *ret_changes,
		    bool *ret_is_needed, struct cordon_error *err)
{
	CORDON_ON_EXIT(profile_free) struct profile profile = { 0 };
	if (!profile_find(place, &profile, err))
		return false;
	*ret_is_needed = is_restricted(place) || is_ours(&profile);
	if (!*ret_is_needed)
		return true;
	if (geteuid() != place->administrator && !wish->is_trial)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "only root can change AppArmor's profiles: run it with sudo");
	return wish->is_removal ? undo(&profile, wish->is_trial, ret_changes, err)
				: apply(&profile, wish->is_trial, ret_changes, err);
}

/* -- this host ----------------------------------------------------------------------------------------------------- */

static bool run_parser(const char *root, const char *path, bool drops, struct cordon_error *err)
{
	static const char *const programs[] = { "/usr/sbin/apparmor_parser", "/sbin/apparmor_parser" };
	static char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	const char *program = programs[access(programs[0], X_OK) == 0 ? 0 : 1];
	char *const words[] = { "apparmor_parser", drops ? "-R" : "-r", (char *)(uintptr_t)path, NULL };
	int status = 0;
	(void)root;
	pid_t child = fork();
	if (child < 0)
		return cordon_fail_errno(err, errno, "fork");
	if (child == 0) {
		execve(program, words, environment);
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return cordon_fail_errno(err, errno, "wait for apparmor_parser");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' does not start: install the package apparmor",
				   program);
	return status == 0 ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "'%s %s %s' failed, for the reason above", program, words[1], path);
}

bool profile_setup(const struct setup_wish *wish, struct text *ret_changes, bool *ret_is_needed,
		   struct cordon_error *err)
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	if (length < 0)
		return cordon_fail_errno(err, errno, "read /proc/self/exe");
	program[length] = 0;
	const struct profile_place place = { "", program, 0, run_parser };
	return profile_change(&place, wish, ret_changes, ret_is_needed, err);
}
