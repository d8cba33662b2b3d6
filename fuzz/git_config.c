/* The reader of git's settings against git: what `git config --list` finds in a file that it takes, cordon must have
 * seen, in order; what it sees besides is how other versions of git read it. Without git nothing is compared.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "fuzz.h"
#include "os/git.h"

enum { VALUE_LENGTH_MAX = 4096 };

static const char *const names[] = {
	[GIT_HOOKS_PATH] = "hooksPath",
	[GIT_WORKTREE] = "worktree",
	[GIT_INCLUDE] = "include",
	[GIT_SUBMODULE_PATH] = "submodule",
};

static bool note(void *context, enum git_setting setting, const char *value)
{
	FUZZ_CHECK(setting <= GIT_SUBMODULE_PATH && value[0] && strlen(value) < VALUE_LENGTH_MAX);
	text_addf(context, "%s %s\n", names[setting], value);
	return true;
}

static bool stop(void *context, enum git_setting setting, const char *value)
{
	(void)setting, (void)value;
	++*(unsigned *)context;
	return false;
}

/* -- git ----------------------------------------------------------------------------------------------------------- */

static int file_of(const uint8_t *bytes, size_t length)
{
	int file = memfd_create("settings", 0);
	FUZZ_CHECK(file >= 0);
	FUZZ_CHECK(write(file, bytes, length) == (ssize_t)length && lseek(file, 0, SEEK_SET) == 0);
	return file;
}

/* What git lists, NAME\nVALUE\0 each; false when it does not take the file, or is not there. */
static bool ask_git(const uint8_t *bytes, size_t length, struct text *listed)
{
	static char *const argv[] = { "git", "config", "--null", "--list", "--no-includes", "--file", "-", NULL };
	static char *const environment[] = { "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nonexistent",
					     "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", NULL };
	posix_spawn_file_actions_t actions;
	int in = file_of(bytes, length), out = memfd_create("listed", 0), status = 1;
	pid_t child;
	FUZZ_CHECK(out >= 0 && posix_spawn_file_actions_init(&actions) == 0);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	bool is_there = posix_spawnp(&child, "git", &actions, NULL, argv, environment) == 0;
	while (is_there && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	posix_spawn_file_actions_destroy(&actions);
	char buffer[4096];
	lseek(out, 0, SEEK_SET);
	for (ssize_t count; (count = read(out, buffer, sizeof buffer)) > 0;)
		text_add_bytes(listed, buffer, (size_t)count);
	close(in);
	close(out);
	return is_there && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* SECTION.KEY, or with something between them. */
static bool is_setting(const char *name, const char *section, bool has_subsection, const char *key)
{
	size_t front = strlen(section), back = strlen(key), length = strlen(name);
	if (length < front + back + 1 || strncmp(name, section, front) != 0 || name[front] != '.' ||
	    strcmp(name + length - back, key) != 0 || name[length - back - 1] != '.')
		return false;
	return has_subsection ? length > front + back + 1 : length == front + back + 1;
}

static void note_listed(struct text *wanted, const char *name)
{
	const char *end = strchr(name, '\n');
	char key[VALUE_LENGTH_MAX];
	if (!end || !end[1] || strlen(end + 1) >= VALUE_LENGTH_MAX || (size_t)(end - name) >= sizeof key)
		return;
	memcpy(key, name, (size_t)(end - name));
	key[end - name] = '\0';
	if (is_setting(key, "core", false, "hookspath"))
		note(wanted, GIT_HOOKS_PATH, end + 1);
	else if (is_setting(key, "core", false, "worktree"))
		note(wanted, GIT_WORKTREE, end + 1);
	else if (is_setting(key, "include", false, "path") || is_setting(key, "includeif", true, "path"))
		note(wanted, GIT_INCLUDE, end + 1);
	else if (is_setting(key, "submodule", true, "path"))
		note(wanted, GIT_SUBMODULE_PATH, end + 1);
}

/* Whether each wanted line is among the lines, in order. */
static bool has_lines(const char *lines, const char *wanted)
{
	for (; *wanted; wanted = strchr(wanted, '\n') + 1) {
		size_t length = (size_t)(strchr(wanted, '\n') + 1 - wanted);
		while (*lines && strncmp(lines, wanted, length) != 0)
			lines = strchr(lines, '\n') + 1;
		if (!*lines)
			return false;
		lines += length;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CORDON_ON_EXIT(text_free) struct text seen = { 0 }, listed = { 0 }, wanted = { 0 };
	unsigned calls = 0;
	char *text = malloc(length + 1);
	FUZZ_CHECK(text);
	memcpy(text, bytes, length);
	text[length] = '\0';
	FUZZ_CHECK(git_config_read(text, length, note, &seen));
	bool has_any = seen.length > 0;
	FUZZ_CHECK(git_config_read(text, length, stop, &calls) == !has_any && calls == has_any);
	free(text);

	if (ask_git(bytes, length, &listed))
		for (size_t at = 0; at < listed.length; at += strlen(listed.bytes + at) + 1)
			note_listed(&wanted, listed.bytes + at);
	else
		return 0;
	if (!has_lines(text_str(&seen), text_str(&wanted)))
		fuzz_fail("cordon sees\n%sgit sees\n%s", text_str(&seen), text_str(&wanted));
	return 0;
}
