#include "run/remedy.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/show.h"
#include "os/os.h"
#include "policy/path.h"

void origin_add(struct text *text, const struct origin *origin, const char *home)
{
	show_add_path(text, origin->file, home);
	if (origin->line > 0)
		text_addf(text, ", line %d", origin->line);
}

/* As one would type it: cmd.exe and PowerShell know double quotes, and no name has any. */
static void add_argument(struct text *text, const char *path, const struct facts *facts)
{
	bool is_quoted = strpbrk(path, " &()[]{}^=;!'+,`%$@#") != NULL;
	if (facts->target != TARGET_WINDOWS) {
		show_add_argument(text, path, facts->home);
		return;
	}
	text_add(text, is_quoted ? "\"" : "");
	show_add_path(text, path, is_quoted ? NULL : facts->home);
	text_add(text, is_quoted ? "\"" : "");
}

static const char *flag_of(enum access wanted)
{
	return wanted == ACCESS_WRITE ? "--write" : "--read";
}

/* A rule that a flag cannot override: a bound's, or another flag's for the very same place. */
static char *find_obstacle(const struct rule *rule, const struct facts *facts)
{
	struct text text = { 0 };
	if (rule->origin.layer == LAYER_FLAGS) {
		text_add(&text, "leave out ");
		text_add(&text, rule->origin.file);
		text_add_char(&text, ' ');
		add_argument(&text, rule->path, facts);
		return text_take(&text);
	}
	/* What cordon protects of its own has no line, and nothing lifts it. */
	if (rule->origin.line == 0)
		return NULL;
	text_add(&text, "change ");
	origin_add(&text, &rule->origin, facts->home);
	return text_take(&text);
}

static bool is_there(const struct facts *facts, const char *path)
{
	return facts->assumed || os_exists(path);
}

/* The nearest directory above the path that exists; malloc'ed. */
static char *existing_above(const struct facts *facts, const char *path)
{
	char *above = path_directory(facts->target, path);
	while (above && !is_there(facts, above)) {
		char *next = path_directory(facts->target, above);
		bool is_root = next && strcmp(next, above) == 0;
		free(above);
		above = next;
		if (is_root)
			break;
	}
	return above;
}

static void add_flag(struct text *text, enum access wanted, const char *path, const struct facts *facts)
{
	text_addf(text, "%s ", flag_of(wanted));
	add_argument(text, path, facts);
}

/* The path that has to be granted, and how that is said. A hidden name that is to be made is there already. `is_ruled`:
 * a rule names the very path, or something that is not there above it, so that granting the directory above would
 * change nothing.
 */
static char *phrase(const struct facts *facts, const struct remedy_request *request, bool is_hidden, bool is_ruled)
{
	struct text text = { 0 };
	bool exists = is_there(facts, request->landing);
	if (exists && (!request->wants_name || (is_hidden && !request->is_removed))) {
		add_flag(&text, request->wanted, request->landing, facts);
		return text_take(&text);
	}

	CORDON_ON_EXIT(free_text) char *above = existing_above(facts, request->landing);
	if (!above)
		return NULL;
	/* Nobody should be told to open the home directory or the root for one new name. */
	bool is_broad = facts->home && os_lies_below(facts->home, above);
	bool is_above_enough = exists || request->is_removed || request->wanted == ACCESS_READ || !is_broad;
	if (is_above_enough && !is_ruled) {
		add_flag(&text, request->wanted, above, facts);
		return text_take(&text);
	}
	if (!request->is_directory || exists) {
		/* what is saved by a rename is there, and a rule for it holds for what takes its place */
		if (!exists)
			text_add(&text, "make it first, then ");
		add_flag(&text, request->wanted, request->landing, facts);
		return text_take(&text);
	}
	CORDON_ON_EXIT(free_text) char *directory = text_format("%s/", request->landing);
	if (!directory)
		return NULL;
	add_flag(&text, request->wanted, directory, facts);
	return text_take(&text);
}

char *remedy_find(const struct policy *policy, const struct facts *facts, const struct remedy_request *request)
{
	struct verdict verdict = policy_decide_path(policy, request->landing);
	if (request->wants_name && verdict.access >= request->wanted) {
		CORDON_ON_EXIT(free_text) char *above = existing_above(facts, request->landing);
		verdict = policy_decide_path(policy, above ? above : "/");
	}
	const struct rule *rule = verdict.rule;
	bool is_flags = rule && rule->origin.layer == LAYER_FLAGS && strcmp(rule->landing, request->landing) == 0;
	if (rule && (rule->origin.layer >= LAYER_FIRST_BOUND || is_flags))
		return find_obstacle(rule, facts);
	bool is_ruled = rule && strcmp(rule->landing, request->landing) == 0;
	if (rule && !is_ruled && !rule->is_glob && !is_there(facts, request->landing)) {
		CORDON_ON_EXIT(free_text) char *above = existing_above(facts, request->landing);
		is_ruled = above && strcmp(rule->landing, above) != 0 && os_lies_below(rule->landing, above);
	}
	return phrase(facts, request, verdict.access == ACCESS_NONE, is_ruled);
}

/* A host of its own that is allowed; of loopback what is reached is the host's service, by that name. */
static char *find_host_remedy(const char *target)
{
	const char *port = strrchr(target, ':');
	bool is_loopback = text_starts(target, "127.0.0.1:") || text_starts(target, "[::1]:");
	return text_format("--allow %s%s", is_loopback ? "localhost" : target, is_loopback ? port : "");
}

char *remedy_find_network(const struct policy *policy, const struct facts *facts, const char *target)
{
	struct origin origin;
	if (policy_network_mode(policy, NULL) == NETWORK_FILTERED)
		return find_host_remedy(target);
	policy_network_mode(policy, &origin);
	if (origin.layer < LAYER_FIRST_BOUND)
		return strdup("--net open");
	struct text text = { 0 };
	text_add(&text, "change ");
	origin_add(&text, &origin, facts->home);
	return text_take(&text);
}
