/* cordon policy: what is granted, and why. Works where nothing can be enforced. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/show.h"
#include "cli/command.h"
#include "cli/grant.h"
#include "cli/host.h"
#include "cli/say.h"
#include "cordon/cordon.h"

struct values {
	struct grant grant;
	const char *target;
	bool wants_json, wants_help;
};

static const struct option options[] = {
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	{ .name = "target",
	  .argument = "OS",
	  .help = "as it would be on linux or windows",
	  .kind = OPTION_TEXT,
	  .place = offsetof(struct values, target) },
	GRANT_OPTIONS(struct values),
	{ 0 },
};

static void values_free(struct values *values)
{
	grant_free(&values->grant);
}

static void decref(json_t **value)
{
	json_decref(*value);
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));
	return string ? string : "";
}

/* "preset workspace, line 12" */
static void add_origin(struct text *text, const json_t *rule)
{
	show_add_path(text, string_of(rule, "file"), host_home());
	json_int_t line = json_integer_value(json_object_get(rule, "line"));
	if (line > 0)
		text_addf(text, ", line %lld", (long long)line);
}

/* The question is put to a run that never starts. */
static bool make_look(const struct values *values, struct cordon_run **ret_run, struct cordon_error *err)
{
	struct cordon_run_options run_options = CORDON_RUN_OPTIONS_INIT;
	struct cordon_policy *policy;
	if (!grant_load(&values->grant, &policy, err))
		return false;
	run_options.workspace = values->grant.workspace;
	run_options.target = values->target ? values->target : host_target();
	bool is_made = cordon_run_new(policy, &run_options, ret_run, err);
	cordon_policy_free(policy);
	return is_made;
}

/* -- explain -------------------------------------------------------------------------------------------------- */

static bool print_with_remedy(struct text *text, const json_t *object, struct cordon_error *err)
{
	if (string_of(object, "would_allow")[0])
		text_addf(text, "; to allow: %s", string_of(object, "would_allow"));
	if (!text_ok(text))
		return cordon_fail_memory(err);
	puts(text_str(text));
	return true;
}

/* example.org:443: refused (network off), by "off" (preset workspace, line 150); to allow: --allow example.org:443 */
static bool print_host(const json_t *object, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	const json_t *rule = json_object_get(object, "rule");
	bool is_allowed = json_is_true(json_object_get(object, "is_allowed"));
	text_add(&text, string_of(object, "host"));
	say_add_letters(&text, string_of(object, "host"));
	text_addf(&text, ": %s (network %s), ", is_allowed ? "allowed" : "refused", string_of(object, "network"));
	if (json_is_null(rule)) {
		text_add(&text, "no rule names it");
	} else {
		text_addf(&text, "by \"%s\" (", string_of(rule, "pattern"));
		add_origin(&text, rule);
		text_add_char(&text, ')');
	}
	return print_with_remedy(&text, object, err);
}

/* ~/.ssh/id_rsa: none, by "~/.ssh" (preset workspace, line 12); to allow: --read ~/.ssh/id_rsa */
static bool print_explanation(const char *answer, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(decref) json_t *object = json_loads(answer, 0, NULL);
	if (!object)
		return cordon_fail_memory(err);
	if (json_object_get(object, "host"))
		return print_host(object, err);
	const json_t *rule = json_object_get(object, "rule");
	const char *path = string_of(object, "path");
	const char *landing = string_of(object, "landing");

	show_add_path(&text, path, host_home());
	if (strcmp(path, landing) != 0) {
		text_add(&text, " -> ");
		show_add_path(&text, landing, host_home());
	}
	if (json_is_null(rule)) {
		text_addf(&text, ": %s, in %s", string_of(object, "access"), string_of(object, "own"));
	} else {
		text_addf(&text, ": %s, by \"%s\" (", string_of(object, "access"), string_of(rule, "pattern"));
		add_origin(&text, rule);
		text_add_char(&text, ')');
	}
	return print_with_remedy(&text, object, err);
}

static bool explain(struct cordon_run *run, const struct values *values, char **operands, struct cordon_error *err)
{
	for (; *operands; operands++) {
		const char *answer = cordon_run_explain(run, *operands, err);
		if (!answer)
			return false;
		if (values->wants_json)
			fputs(answer, stdout);
		else if (!print_explanation(answer, err))
			return false;
	}
	return true;
}

/* -- show ----------------------------------------------------------------------------------------------------- */

static void print_row(const char *left, const char *what, const json_t *rule, const char *remark)
{
	CORDON_ON_EXIT(text_free) struct text origin = { 0 };
	add_origin(&origin, rule);
	printf("%-10s %-40s %s%s\n", left, what, text_str(&origin), remark);
}

static void print_files(const json_t *files)
{
	const json_t *file;
	size_t i;
	json_array_foreach (files, i, file) {
		CORDON_ON_EXIT(text_free) struct text path = { 0 };
		const json_t *exists = json_object_get(file, "exists");
		show_add_path(&path, string_of(file, "path"), host_home());
		print_row(string_of(file, "access"), text_str(&path), json_object_get(file, "rule"),
			  json_is_false(exists) ? " (not there)" : "");
	}
}

static void print_caches(const json_t *caches)
{
	const json_t *cache;
	size_t i;
	json_array_foreach (caches, i, cache) {
		CORDON_ON_EXIT(text_free) struct text path = { 0 };
		show_add_path(&path, string_of(cache, "path"), host_home());
		printf("%-10s %-40s %s\n", "layer", text_str(&path),
		       json_is_true(json_object_get(cache, "shows_own")) ? "the workspace's own, over yours"
									 : "the workspace's own, without yours");
	}
}

static void print_hosts(const char *left, const json_t *hosts)
{
	const json_t *host;
	size_t i;
	json_array_foreach (hosts, i, host) {
		CORDON_ON_EXIT(text_free) struct text name = { 0 };
		const json_t *port = json_object_get(host, "port");
		text_add(&name, string_of(host, "host"));
		if (json_is_integer(port))
			text_addf(&name, ":%lld", (long long)json_integer_value(port));
		say_add_letters(&name, string_of(host, "host"));
		print_row(left, text_str(&name), json_object_get(host, "rule"), "");
	}
}

static bool print_rules(const char *answer, struct cordon_error *err)
{
	CORDON_ON_EXIT(decref) json_t *object = json_loads(answer, 0, NULL);
	const char *name;
	json_t *limit;
	if (!object)
		return cordon_fail_memory(err);
	const json_t *network = json_object_get(object, "network");
	print_files(json_object_get(object, "files"));
	print_caches(json_object_get(object, "caches"));
	print_row("network", string_of(network, "mode"), json_object_get(network, "rule"), "");
	print_hosts("allow", json_object_get(network, "allow"));
	print_hosts("deny", json_object_get(network, "deny"));
	json_object_foreach (json_object_get(object, "limits"), name, limit) {
		CORDON_ON_EXIT(text_free) struct text value = { 0 };
		text_addf(&value, "%s %lld %s", name, (long long)json_integer_value(json_object_get(limit, "value")),
			  string_of(limit, "unit"));
		print_row("limit", text_str(&value), json_object_get(limit, "rule"), "");
	}
	return true;
}

static bool show(struct cordon_run *run, const struct values *values, char **operands, struct cordon_error *err)
{
	const char *answer = cordon_run_rules(run);
	(void)operands;
	if (!answer)
		return cordon_fail_memory(err);
	if (!values->wants_json)
		return print_rules(answer, err);
	fputs(answer, stdout);
	return true;
}

/* -- check ---------------------------------------------------------------------------------------------------- */

/* A project's policy is looked at in its place: it may hold less than another, and only narrows. */
static bool is_project_file(const char *path)
{
	return strcmp(host_file_name(path), ".cordon.json") == 0;
}

/* What was to be checked: the files of one layer, or all but the presets. */
static bool is_checked(const json_t *origin, const char *layer)
{
	const char *own = string_of(origin, "layer");
	return layer ? strcmp(own, layer) == 0 : strcmp(own, "preset") != 0 && strcmp(own, "flags") != 0;
}

/* Takes the item; NULL, here and as the list, when memory is short. */
static json_t *add_picked(json_t *list, json_t *item)
{
	if (json_array_append_new(list, item) == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *pick_files(const json_t *rules, const char *layer)
{
	json_t *picked = json_array();
	json_t *source;
	size_t i;
	json_array_foreach (json_object_get(rules, "sources"), i, source) {
		if (is_checked(source, layer))
			picked = add_picked(picked, json_incref(source));
	}
	return picked;
}

/* The rules that hold nothing, because what they name is not there. */
static json_t *pick_notes(const json_t *rules, const char *layer)
{
	json_t *picked = json_array();
	const json_t *file;
	size_t i;
	json_array_foreach (json_object_get(rules, "files"), i, file) {
		json_t *rule = json_object_get(file, "rule");
		bool is_written = json_integer_value(json_object_get(rule, "line")) > 0;
		if (is_written && is_checked(rule, layer) && json_is_false(json_object_get(file, "effect")))
			picked = add_picked(picked, json_pack("{s:O s:O s:O}", "path", json_object_get(file, "path"),
							      "access", json_object_get(file, "access"), "rule", rule));
	}
	return picked;
}

static bool find_answer(const struct values *values, const char *layer, json_t **ret_answer, struct cordon_error *err)
{
	struct cordon_run *run;
	if (!make_look(values, &run, err))
		return false;
	const char *text = cordon_run_rules(run);
	CORDON_ON_EXIT(decref) json_t *rules = text ? json_loads(text, 0, NULL) : NULL;
	cordon_run_free(run);
	json_t *answer = json_pack("{s:s s:i s:b s:o s:o s:n}", "schema", "cordon-check", "version", 1, "fine", true,
				   "files", pick_files(rules, layer), "notes", pick_notes(rules, layer), "error");
	if (!rules || !answer) {
		json_decref(answer);
		return cordon_fail_memory(err);
	}
	*ret_answer = answer;
	return true;
}

static json_t *describe_fault(const struct cordon_error *fault)
{
	CORDON_ON_EXIT(text_free) struct text file = { 0 }, text = { 0 };
	show_add(&file, fault->file);
	show_add(&text, fault->text);
	return json_pack("{s:s s:i s:b s:[] s:[] s:{s:s s:i s:i s:s}}", "schema", "cordon-check", "version", 1, "fine",
			 false, "files", "notes", "error", "file", text_str(&file), "line", (int)fault->line, "column",
			 (int)fault->column, "text", text_str(&text));
}

static void print_findings(const json_t *answer)
{
	const json_t *files = json_object_get(answer, "files"), *file, *note;
	size_t i;
	json_array_foreach (files, i, file)
		printf("%s: fine\n", string_of(file, "file"));
	if (json_array_size(files) == 0)
		puts("no policy file of yours, and no .cordon.json here: the preset holds as it is");
	json_array_foreach (json_object_get(answer, "notes"), i, note) {
		const json_t *rule = json_object_get(note, "rule");
		printf("%s:%lld:%lld: note: \"%s\": \"%s\" has no effect: the path does not exist, and nothing holds "
		       "the name\n",
		       string_of(rule, "file"), (long long)json_integer_value(json_object_get(rule, "line")),
		       (long long)json_integer_value(json_object_get(rule, "column")), string_of(rule, "pattern"),
		       string_of(note, "access"));
	}
}

static int check(struct values *values, const char *layer)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(decref) json_t *answer = NULL;
	bool is_fine = find_answer(values, layer, &answer, &err);
	/* There is no other that says so: a workspace's file that is missing is no fault elsewhere. */
	if (is_fine && layer && json_array_size(json_object_get(answer, "files")) == 0)
		is_fine = cordon_fail(&err, CORDON_OS_FAILED, "there is no .cordon.json in '%s'",
				      values->grant.workspace);
	if (!is_fine) {
		say_error(&err);
		json_decref(answer);
		answer = describe_fault(&err);
	}
	if (values->wants_json) {
		json_dumpf(answer, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (is_fine) {
		print_findings(answer);
	}
	int failed = err.status == CORDON_BAD_USAGE ? STATUS_USAGE : STATUS_FAILED;
	return is_fine && say_flush() ? STATUS_FINE : failed;
}

/* -- all ----------------------------------------------------------------------------------------------------- */

static int print_help(const char *usage)
{
	puts(usage);
	option_help(options, stdout);
	return say_flush() ? STATUS_FINE : STATUS_FAILED;
}

static int answer(char **words, const char *usage, bool takes_operands,
		  bool (*reply)(struct cordon_run *run, const struct values *values, char **operands,
				struct cordon_error *err))
{
	CORDON_ON_EXIT(values_free) struct values values = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cordon_run *run;
	char **operands;
	if (!option_parse(options, OPTIONS_ANYWHERE, words, &values, &operands, &err)) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (values.wants_help)
		return print_help(usage);
	if (takes_operands != (operands[0] != NULL)) {
		say("%s", takes_operands ? "explain which path or host? cordon policy explain PATH... or HOST:PORT..."
					 : "show takes no path");
		return STATUS_USAGE;
	}
	if (!make_look(&values, &run, &err)) {
		say_error(&err);
		return err.status == CORDON_BAD_USAGE ? STATUS_USAGE : STATUS_FAILED;
	}
	bool is_answered = reply(run, &values, operands, &err);
	cordon_run_free(run);
	if (!is_answered)
		say_error(&err);
	return is_answered && say_flush() ? STATUS_FINE : STATUS_FAILED;
}

static int explain_command(char **words)
{
	return answer(words,
		      "cordon policy explain [options] PATH|HOST:PORT...\n"
		      "Says which rule decides for each PATH, and what would allow more.\n",
		      true, explain);
}

static int show_command(char **words)
{
	return answer(
		words,
		"cordon policy show [options]\n"
		"All rules in force here, each with where it comes from; later and more specific ones first decide.\n",
		false, show);
}

static int check_command(char **words)
{
	CORDON_ON_EXIT(values_free) struct values values = { 0 };
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	char **operands;
	if (!option_parse(options, OPTIONS_ANYWHERE, words, &values, &operands, &err)) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (values.wants_help)
		return print_help(
			"cordon policy check [options] [FILE]\n"
			"Says whether FILE, or your own policy and the workspace's .cordon.json, would do for a run here.\n");
	const char *file = operands[0];
	if (file && (operands[1] || values.grant.policy)) {
		say("check takes one FILE");
		return STATUS_USAGE;
	}
	if (!file || !is_project_file(file)) {
		if (file)
			values.grant.policy = file;
		return check(&values, values.grant.policy ? "policy" : NULL);
	}
	int length = (int)(host_file_name(file) - file);
	length -= length > 1 && file[length - 2] != ':'; /* the separator of a root is its own */
	folder = length == 0 ? text_format(".") : text_format("%.*s", length, file);
	if (!folder || values.grant.workspace) {
		say(folder ? "the workspace of '%s' is its folder: leave --workspace out" : "out of memory (%s)", file);
		return STATUS_USAGE;
	}
	values.grant.workspace = folder;
	return check(&values, "project");
}

static int schema_command(char **words)
{
	static const struct option own_options[] = {
		{ .name = "json",
		  .help = "nothing else: a schema is JSON",
		  .kind = OPTION_FLAG,
		  .place = offsetof(struct values, wants_json) },
		OPTION_HELP(struct values),
		{ 0 },
	};
	struct values values = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	char **operands;
	char *schema;
	if (!option_parse(own_options, OPTIONS_ANYWHERE, words, &values, &operands, &err)) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (values.wants_help) {
		puts("cordon policy schema\nThe JSON Schema (draft-07) of policy files, for editors and validators.\n");
		option_help(own_options, stdout);
		return say_flush() ? STATUS_FINE : STATUS_FAILED;
	}
	if (operands[0]) {
		say("schema takes no argument");
		return STATUS_USAGE;
	}
	if (!cordon_policy_schema(&schema, &err)) {
		say_error(&err);
		return STATUS_FAILED;
	}
	fputs(schema, stdout);
	cordon_free(schema);
	return say_flush() ? STATUS_FINE : STATUS_FAILED;
}

static const struct command commands[] = {
	{ "explain", "which rule decides for a path or a host", explain_command },
	{ "show", "all rules in force", show_command },
	{ "check", "validate a policy file", check_command },
	{ "schema", "the JSON schema of policies", schema_command },
	{ NULL, NULL, NULL },
};

int command_policy(char **words)
{
	if (words[0] && strcmp(words[0], "--help") != 0 && strcmp(words[0], "-h") != 0)
		return command_dispatch(commands, "policy ", words);
	FILE *out = words[0] ? stdout : stderr;
	fputs("cordon policy explain PATH...   which rule decides for a path or HOST:PORT, and what would allow more\n"
	      "cordon policy show              all rules in force, each with where it comes from\n"
	      "cordon policy check [FILE]      whether a policy file would do for a run here\n"
	      "cordon policy schema            the JSON Schema of policy files\n",
	      out);
	return words[0] && say_flush() ? STATUS_FINE : STATUS_USAGE;
}
