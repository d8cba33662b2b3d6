/* A plan as the planner makes it, and runs of it by the backend itself: without the proof that `cordon run` asks for first,
 * for what is tried here is what it would rest on.
 */
#include "backend/windows/selftest.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "policy/policy.h"

enum { LEVEL_OF_WINE = 0x3000, WORDS_MAX = 6 };

char *root_path(const struct world *world, const char *name)
{
	return text_format("%s\\%s", world->root, name);
}

/* -- the plan ------------------------------------------------------------------------------------------------------ */

static void free_list_at(char ***list)
{
	policy_free_list(*list);
}

static void add_quoted(struct text *text, const char *path)
{
	text_add_char(text, '"');
	for (; *path; path++) {
		if (*path == '\\' || *path == '"')
			text_add_char(text, '\\');
		text_add_char(text, *path);
	}
	text_add_char(text, '"');
}

/* The root alone, with a protected file in it, and the system; what the tier lacks is accepted. */
static bool write_policy(const struct world *world, struct text *text)
{
	text_add(
		text,
		"{ \"environment\": { \"inherit\": [ \"PATH\", \"PATHEXT\", \"SystemRoot\", \"SystemDrive\", "
		"\"windir\", \"ComSpec\", \"USERPROFILE\", \"TEMP\", \"TMP\" ] }, \"files\": { \"${system}\": \"read\", ");
	add_quoted(text, world->root);
	text_add(text, ": \"write\", ");
	add_quoted(text, world->protected_file);
	text_add(text, ": \"read\" }, ");
	if (world->host)
		text_addf(text, "\"network\": { \"mode\": \"filtered\", \"allow\": [ \"%s\" ] }, ", world->host);
	text_add(text, "\"accept\": [");
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		text_addf(text, "%s\"%s=absent\"", i ? ", " : " ", guarantee_name((enum guarantee)i));
	text_add(text, " ] }");
	return text_ok(text);
}

static bool resolve(struct world *world, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(free_list_at) char **roots = NULL;
	CORDON_ON_EXIT(free_list_at) char **paths = NULL;
	world->policy = policy_new(TARGET_WINDOWS);
	if (!world->policy || !write_policy(world, &text))
		return cordon_fail_memory(err);
	return policy_add_text(world->policy, LAYER_POLICY, "the selftest's policy", world->root, text_str(&text),
			       text.length, err) &&
	       policy_roots(world->policy, world->facts, &roots, err) && os_survey_git(world->facts, roots, err) &&
	       policy_paths(world->policy, world->facts, &paths, err) && os_survey_paths(world->facts, paths, err) &&
	       os_survey_paths(world->facts, plan_paths(TARGET_WINDOWS), err) &&
	       policy_resolve(world->policy, world->facts, err);
}

/* Wine has no token but one that restricts nothing, and keeps no descriptor: what is left is how things are moved. */
static void adapt_to_wine(struct plan_windows *windows)
{
	windows->token.is_write_restricted = windows->token.drops_privileges = false;
	windows->token.drops_administrators = false;
	windows->token.restricting.count = 0;
	windows->token.integrity = LEVEL_OF_WINE;
	for (size_t i = 0; i < windows->objects.count; i++)
		free(windows->objects.items[i].path);
	windows->objects.count = windows->roots.count = 0;
}

static bool compile(struct world *world, enum tier tier, struct cordon_error *err)
{
	const struct plan_options options = { .run_id = "selftest", .tier = tier_name(tier) };
	if (!resolve(world, err) || !plan_compile(world->policy, world->facts, &options, &world->plan, err))
		return false;
	if (is_wine() && tier == TIER_TOKEN)
		adapt_to_wine(world->plan->windows);
	memcpy(world->limits, world->plan->limits, sizeof world->limits);
	world->job = world->plan->windows->job;
	return true;
}

/* -- its place ----------------------------------------------------------------------------------------------------- */

static bool copy_command(struct world *world, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *from = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *to = NULL;
	if (!native_path(world->test->program, &from, err) || !native_path(world->command, &to, err))
		return false;
	return os_exists(world->command) || CopyFileW(from, to, TRUE) ||
	       windows_fail(err, GetLastError(), "CopyFile", "copy this program into the root");
}

static bool replace(char **holder, char *made, struct cordon_error *err)
{
	free(*holder);
	*holder = made;
	return made || cordon_fail_memory(err);
}

/* Not in the user's profile, whose folders an account would be given a way through. */
static bool choose_root(struct world *world, enum tier tier, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *above = public_folder(world->test);
	world->root = above ? text_format("%s\\%s", above, tier_name(tier)) : NULL;
	world->command = world->root ? root_path(world, "command.exe") : NULL;
	world->protected_file = world->root ? root_path(world, "protected") : NULL;
	if (!world->command || !world->protected_file)
		return cordon_fail_memory(err);
	return os_make_directories(world->root, err) &&
	       (os_exists(world->protected_file) || os_make_file(world->protected_file, "as it was", 9, err));
}

/* For streams of commands that say nothing: what this program prints is its report. */
static bool open_nothing(struct world *world, struct cordon_error *err)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	world->nothing = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
				     &inherited, OPEN_EXISTING, 0, NULL);
	return world->nothing != INVALID_HANDLE_VALUE ||
	       windows_fail(err, GetLastError(), "CreateFile", "open the null device");
}

static bool has_name(const char *entry, const char *name)
{
	size_t length = strlen(name);
	return _strnicmp(entry, name, length) == 0 && entry[length] == '=';
}

char **environment_with(const struct facts *facts, const char *const names[2], const char *value)
{
	size_t count = 0, kept = 2;
	while (facts->environment[count])
		count++;
	char **list = calloc(count + 3, sizeof *list);
	for (size_t i = 0; list && i < 2; i++)
		list[i] = text_format("%s=%s", names[i], value);
	for (size_t i = 0; list && i < count; i++)
		if (!has_name(facts->environment[i], names[0]) && !has_name(facts->environment[i], names[1]))
			list[kept++] = facts->environment[i];
	if (list && list[0] && list[1])
		return list;
	free_environment(&list);
	return NULL;
}

void free_environment(char ***holder)
{
	for (size_t i = 0; *holder && i < 2; i++)
		free((*holder)[i]);
	free(*holder);
	*holder = NULL;
}

/* In place of the user's own, which leads to where the selftest has nobody. */
static bool set_proxy(struct world *world, struct cordon_error *err)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "all_proxy", "no_proxy" };
	char **environment = world->facts->environment;
	size_t count = 0, kept = 0;
	if (!world->host)
		return true;
	while (environment[count])
		count++;
	for (size_t i = 0; i < count; i++) {
		bool is_proxy = false;
		for (size_t j = 0; j < COUNT_OF(names); j++)
			is_proxy |= has_name(environment[i], names[j]);
		if (is_proxy)
			free(environment[i]);
		else
			environment[kept++] = environment[i];
	}
	environment[kept] = NULL;
	char **longer = realloc(environment, (kept + 2) * sizeof *longer);
	if (!longer)
		return cordon_fail_memory(err);
	world->facts->environment = longer;
	longer[kept] = text_format("http_proxy=http://127.0.0.1:%u", world->proxy_port);
	longer[kept + 1] = NULL;
	return longer[kept] || cordon_fail_memory(err);
}

static bool settle_facts(struct world *world, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *temp = folder_path(world->test, "temp");
	if (!temp)
		return cordon_fail_memory(err);
	return os_survey_host(world->root, &world->facts, err) && os_make_directories(temp, err) &&
	       replace(&world->facts->temp, cordon_take(&temp), err) &&
	       replace(&world->facts->state, strdup(world->test->folder), err) &&
	       replace(&world->facts->directory, strdup(world->root), err) && set_proxy(world, err);
}

bool world_make(struct selftest *test, enum tier tier, struct world *ret_world, struct cordon_error *err)
{
	return world_make_gated(test, tier, NULL, 0, ret_world, err);
}

bool world_make_gated(struct selftest *test, enum tier tier, const char *host, uint16_t proxy_port,
		      struct world *ret_world, struct cordon_error *err)
{
	*ret_world = (struct world){ .test = test, .host = host, .proxy_port = proxy_port };
	return choose_root(ret_world, tier, err) && copy_command(ret_world, err) && settle_facts(ret_world, err) &&
	       open_nothing(ret_world, err) && compile(ret_world, tier, err);
}

void world_free(struct world *world)
{
	world->plan = plan_free(world->plan);
	world->policy = policy_free(world->policy);
	world->facts = facts_free(world->facts);
	close_handle(&world->nothing);
	free(world->root);
	free(world->command);
	free(world->protected_file);
}

/* -- runs ---------------------------------------------------------------------------------------------------------- */

struct handover world_handover(const struct world *world)
{
	int nothing = (int)(intptr_t)world->nothing;
	return (struct handover){ .streams = { nothing, nothing, nothing } };
}

bool world_start(struct world *world, const struct handover *handover, const char *const *words, struct cage **ret_cage,
		 struct cordon_error *err)
{
	char *argv[WORDS_MAX + 3] = { world->command, (char[]){ "command" } };
	struct cage *cage = NULL;
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		argv[i + 2] = (char *)(uintptr_t)words[i];
	memcpy(world->plan->limits, world->limits, sizeof world->limits);
	world->plan->windows->job = world->job;
	if (!backend_native.begin(handover, &cage, err))
		return false;
	if (!backend_native.start(cage, world->plan, NULL, argv, err)) {
		backend_native.discard(cage);
		return false;
	}
	*ret_cage = cage;
	return true;
}

struct cage_event world_await(struct cage *cage)
{
	struct cage_event event = { .kind = CAGE_NOTHING };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	uint64_t end = os_clock() + SELFTEST_WAIT_MS;
	while (event.kind == CAGE_NOTHING && os_clock() < end && !is_interrupted())
		if (!backend_native.next_event(cage, 100, &event, &ignored))
			return (struct cage_event){ .kind = CAGE_NOTHING };
	return event;
}

const char *world_told(const struct cage_event *event)
{
	switch (event->kind) {
	case CAGE_STARTED:
		return "it has started";
	case CAGE_NOT_STARTED:
		return event->error.text;
	case CAGE_LIMIT:
		return "a limit ended it";
	case CAGE_ENDED:
		return "it has ended";
	case CAGE_COVER_LOST:
		return event->cover.is_mended ? "a file is protected again" : "a file is not protected any more";
	case CAGE_NOTHING:
		return "nothing is told in time";
	default:
		return "something else was told";
	}
}

bool world_run(struct world *world, const char *const *words, struct cage_event *ret_end, struct cordon_error *err)
{
	const struct handover handover = world_handover(world);
	struct cage *cage = NULL;
	if (!world_start(world, &handover, words, &cage, err))
		return false;
	*ret_end = world_await(cage);
	if (ret_end->kind == CAGE_STARTED)
		*ret_end = world_await(cage);
	bool is_over = ret_end->kind == CAGE_ENDED || ret_end->kind == CAGE_LIMIT;
	if (!is_over)
		cordon_fail(err, CORDON_OS_FAILED, "%s", world_told(ret_end));
	backend_native.discard(cage);
	return is_over;
}

/* NAME FOLDER TIER: a cordon that runs something for long and is never heard of again. */
int world_main(char **words)
{
	struct selftest test = { 0 };
	CORDON_ON_EXIT(world_free) struct world world = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event event;
	static const char *const command[] = { "process", "waiting", NULL };
	WCHAR path[MAX_PATH * 4];
	if (!words[0] || !words[1] || !words[2])
		return 2;
	GetModuleFileNameW(NULL, path, MAX_PATH * 4);
	test.name = words[0];
	test.folder = words[1];
	test.program = plain_path(path);
	return world_make(&test, (enum tier)atoi(words[2]), &world, &err) && world_run(&world, command, &event, &err)
		       ? 0
		       : 3;
}
