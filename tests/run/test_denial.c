#include "run/denial.h"
#include "base/list.h"
#include "world.h"

static int setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	load_default();
	make_directory(in_scratch("home/.ssh"));
	make_directory(in_scratch("work/.git"));
	make_directory(in_scratch("work/.git/hooks"));
	return 0;
}

static json_t *denials_of(json_t *report)
{
	return json_object_get(report, "denials");
}

static json_t *run_with_one(enum act act, const char *landing, json_t **ret_report)
{
	fake_reset();
	fake_add(CAGE_STARTED);
	fake_deny(act, landing);
	fake_exit(1);
	must(make_run(NULL));
	carry_out();
	*ret_report = report_of(run);
	return json_array_get(denials_of(*ret_report), 0);
}

/* Who, what, by which rule, and what would allow it: all four, or the record is no use. */
static void denial__says_what_was_refused_and_what_would_allow_it(void **state)
{
	(void)state;
	write_file(in_scratch("home/notes"), "");
	write_file(in_scratch("work/.git/config"), "");
	make_directory(in_scratch("data"));
	static const struct {
		enum act act;
		const char *target, *guarantee, *action, *pattern, *would_allow; /* S/: the scratch folder */
	} cases[] = {
		{ ACT_WRITE, "home/notes", "files.write", "write", "/", "--write ~/notes" },
		{ ACT_ATTRIBUTES, "home/notes", "files.write", "attributes", "/", "--write ~/notes" },
		{ ACT_DELETE, "home/notes", "files.write", "delete", "/", "--write ~" },
		{ ACT_DELETE, "home/new", "files.write", "delete", "/", "--write ~" },
		{ ACT_CREATE, "home/.ssh", "files.write", "create", "~/.ssh",
		  "--write ~/.ssh" }, /* hidden: inside it is not there */
		{ ACT_RENAME, "data/x", "files.write", "rename", "/", "--write S/data" },
		{ ACT_CREATE, "data/x", "files.write", "create", "/", "--write S/data" },
		{ ACT_CREATE, "data/x/y/z", "files.write", "create", "/", "--write S/data" },
		/* not the home directory for the sake of one name in it */
		{ ACT_WRITE, "home/new", "files.write", "write", "/", "make it first, then --write ~/new" },
		{ ACT_CREATE, "home/new", "files.write", "create", "/", "--write ~/new/" },
		{ ACT_WRITE, "home/.ssh/key", "files.write", "write", "~/.ssh", "--write ~/.ssh" },
		{ ACT_WRITE, "work/.git/hooks/pre-commit", "files.protect", "write", "${git}/hooks",
		  "--write S/work/.git/hooks" },
		/* granting what lies around would change nothing */
		{ ACT_WRITE, "work/.vscode/tasks.json", "files.protect", "write", "${root}/.vscode",
		  "make it first, then --write S/work/.vscode/tasks.json" },
		/* git saves by renaming */
		{ ACT_RENAME, "work/.git/config", "files.protect", "rename", "${git}/config",
		  "--write S/work/.git/config" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(decref) json_t *report = NULL;
		json_t *denial = run_with_one(cases[i].act, in_scratch("%s", cases[i].target), &report);
		const char *would_allow = string_at(denial, "would_allow");
		const char *place = strstr(cases[i].would_allow, "S/");
		CORDON_ON_EXIT(free_text)
		char *expected = place ? text_format("%.*s%s/%s", (int)(place - cases[i].would_allow),
						     cases[i].would_allow, scratch, place + strlen("S/"))
				       : strdup(cases[i].would_allow);
		assert_string_equal(string_at(denial, "target"), in_scratch("%s", cases[i].target));
		assert_string_equal(string_at(denial, "guarantee"), cases[i].guarantee);
		assert_string_equal(string_at(denial, "action"), cases[i].action);
		assert_string_equal(would_allow, expected);
		json_t *rule = json_object_get(denial, "rule");
		assert_string_equal(string_at(rule, "pattern"), cases[i].pattern);
		assert_string_equal(string_at(rule, "layer"), "preset");
		assert_string_equal(string_at(rule, "file"), "preset workspace");
		assert_true(json_integer_value(json_object_get(rule, "line")) > 0);
		json_t *process = json_object_get(denial, "process");
		assert_int_equal(json_integer_value(json_object_get(process, "pid")), 4711);
		assert_string_equal(string_at(process, "exe"), "/usr/bin/program");
		assert_int_equal(json_integer_value(json_object_get(denial, "count")), 1);
	}
}

/* The observer only says what was tried. What the policy allows, and what lies in a directory of the run's own,
 * was not refused by the cordon, whatever became of it.
 */
static void act__that_is_allowed_is_no_denial(void **state)
{
	(void)state;
	static const struct {
		enum act act;
		const char *path;
	} cases[] = {
		{ ACT_WRITE, "work/x" },
		{ ACT_DELETE, "work/a/b" },
		{ ACT_RENAME, "work/a" },
		{ ACT_ATTRIBUTES, "work" },
	};
	fake_add(CAGE_STARTED);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		fake_deny(cases[i].act, in_scratch("%s", cases[i].path));
	fake_deny(ACT_WRITE, "/dev/null");
	fake_deny(ACT_CREATE, "/tmp/x");
	fake_deny(ACT_WRITE, "/proc/self/oom_score_adj");
	fake_deny(ACT_CREATE, "/usr"); /* mkdir -p: it is there, with or without cordon */
	fake_exit(1);
	must(make_run(NULL));
	struct run_result result = carry_out();
	assert_int_equal(result.denial_count, 0);
	assert_false(result.explained);
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	assert_int_equal(json_array_size(denials_of(report)), 0);
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	run_explanation(run, &text);
	assert_int_equal(text.length, 0);
}

/* What is refused for a reason of its own no rule would allow. */
static void act__that_is_refused_for_itself_says_why(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	fake_deny_because("it would be written by another name", in_scratch("work/one/.git/config"));
	fake_exit(1);
	must(make_run(NULL));
	assert_int_equal(carry_out().denial_count, 1);
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	json_t *denial = json_array_get(denials_of(report), 0);
	assert_string_equal(string_at(denial, "guarantee"), "files.protect");
	assert_true(json_is_null(json_object_get(denial, "would_allow")));
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	run_explanation(run, &text);
	assert_non_null(
		strstr(text_str(&text), "config: it would be written by another name (preset workspace, line "));
}

/* A writable file in a directory that is not: writing it is granted, taking its name away is not. */
static void name__is_a_matter_of_its_directory(void **state)
{
	(void)state;
	write_file(in_scratch("home/notes"), "");
	must(settings_set(settings, "--write", "files", in_scratch("home/notes"), "write", &err));
	CORDON_ON_EXIT(decref) json_t *report = NULL;
	assert_null(run_with_one(ACT_WRITE, in_scratch("home/notes"), &report));
	CORDON_ON_EXIT(decref) json_t *other = NULL;
	json_t *denial = run_with_one(ACT_DELETE, in_scratch("home/notes"), &other);
	assert_string_equal(string_at(denial, "would_allow"), "--write ~");
	assert_string_equal(string_at(json_object_get(denial, "rule"), "pattern"), "/");
}

/* What a bound forbids no flag allows: the remedy is the place where it says so. */
static void remedy__for_a_bound_is_its_place(void **state)
{
	(void)state;
	make_directory(in_scratch("work/kept"));
	write_file(in_scratch("work/.cordon.json"), "{\n  \"files\": {\n    \"kept\": \"read\" } }");
	CORDON_ON_EXIT(decref) json_t *report = NULL;
	json_t *denial = run_with_one(ACT_WRITE, in_scratch("work/kept/x"), &report);
	CORDON_ON_EXIT(free_text) char *expected = text_format("change %s/work/.cordon.json, line 3", scratch);
	assert_string_equal(string_at(denial, "would_allow"), expected);
	assert_string_equal(string_at(json_object_get(denial, "rule"), "layer"), "project");

	/* cordon's own protection is lifted by nobody */
	CORDON_ON_EXIT(decref) json_t *other = NULL;
	denial = run_with_one(ACT_WRITE, in_scratch("home/.local/state/cordon/x"), &other);
	assert_true(json_is_null(json_object_get(denial, "would_allow")));
}

static void remedy__for_a_flag_is_to_leave_it_out(void **state)
{
	(void)state;
	make_directory(in_scratch("work/kept"));
	must(settings_set(settings, "--read", "files", in_scratch("work/kept"), "read", &err));
	CORDON_ON_EXIT(decref) json_t *report = NULL;
	json_t *denial = run_with_one(ACT_ATTRIBUTES, in_scratch("work/kept"), &report);
	assert_true(text_starts(string_at(denial, "would_allow"), "leave out --read "));
}

/* A remedy is typed into a shell. */
static void remedy__is_quoted_for_a_shell(void **state)
{
	(void)state;
	write_file(in_scratch("home/a b'c"), "");
	write_file(in_scratch("home/$(x)\n"), "");
	CORDON_ON_EXIT(decref) json_t *report = NULL;
	json_t *denial = run_with_one(ACT_WRITE, in_scratch("home/a b'c"), &report);
	CORDON_ON_EXIT(free_text) char *expected = text_format("--write '%s/home/a b'\\''c'", scratch);
	assert_string_equal(string_at(denial, "would_allow"), expected);
	CORDON_ON_EXIT(decref) json_t *other = NULL;
	denial = run_with_one(ACT_WRITE, in_scratch("home/$(x)\n"), &other);
	CORDON_ON_EXIT(free_text) char *escaped = text_format("--write $'%s/home/$(x)\\x0a'", scratch);
	assert_string_equal(string_at(denial, "would_allow"), escaped);
}

static void connection__names_the_network(void **state)
{
	(void)state;
	CORDON_ON_EXIT(decref) json_t *report = NULL;
	json_t *denial = run_with_one(ACT_CONNECT, "192.0.2.1:443", &report);
	assert_string_equal(string_at(denial, "guarantee"), "net.off");
	assert_string_equal(string_at(denial, "target"), "192.0.2.1:443");
	assert_string_equal(string_at(denial, "would_allow"), "--net open");
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	run_explanation(run, &text);
	assert_true(text_starts(text_str(&text),
				"refused to connect to 192.0.2.1:443: the network is off (preset workspace"));
}

/* -- forging -------------------------------------------------------------------------------------------------- */

/* A file name that writes a line of its own, moves the cursor or turns the text round must not come through. */
static void forged_text__is_shown_escaped(void **state)
{
	(void)state;
	static const struct {
		const char *name, *shown;
	} cases[] = {
		{ "a\ncordon: all is well", "a\\ncordon: all is well" },
		{ "\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07" },
		{ "\r\t\x7f", "\\x0d\\t\\x7f" },
		{ "\xe2\x80\xae"
		  "txt.exe",
		  "\\u202etxt.exe" },
		{ "\xc2\x9b"
		  "31m",
		  "\\x9b31m" },
		{ "\xff\xc0\xaf", "\\xff\\xc0\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x84", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x84" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(decref) json_t *report = NULL;
		CORDON_ON_EXIT(free_text) char *path = text_format("/%s", cases[i].name);
		json_t *denial = run_with_one(ACT_WRITE, path, &report);
		assert_string_equal(string_at(denial, "target") + 1, cases[i].shown);

		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		run_explanation(run, &text);
		assert_non_null(strstr(text_str(&text), cases[i].shown));
		for (const char *at = text_str(&text); *at; at++)
			assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	}
}

static void forged_process__is_shown_escaped(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	fake_deny(ACT_WRITE, "/x");
	fake.events[1].denied.program = "/tmp/\x1b[31m";
	fake_exit(1);
	must(make_run(NULL));
	carry_out();
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	json_t *process = json_object_get(json_array_get(denials_of(report), 0), "process");
	assert_string_equal(string_at(process, "exe"), "/tmp/\\x1b[31m");
}

/* -- floods --------------------------------------------------------------------------------------------------- */

static void add_denial(struct denials *denials, const struct plan *plan, const char *landing)
{
	struct cage_event event = { .kind = CAGE_DENIED };
	event.denied.act = ACT_WRITE;
	event.denied.path = event.denied.landing = landing;
	event.denied.program = "";
	must(denials_add(denials, plan, &event, &err));
}

static struct denials table;

static struct plan *plan_of_settings(struct facts **ret_facts, struct policy **ret_policy)
{
	static const char text[] = "{\"files\": {\"/\": \"read\"}}";
	const struct plan_options options = { 0 };
	struct plan *plan;
	struct facts *facts = facts_new(TARGET_LINUX);
	struct policy *policy = policy_new(TARGET_LINUX);
	facts->home = strdup("/home/u");
	facts->workspace = strdup("/home/u/w");
	facts->directory = strdup("/home/u/w");
	facts->state = strdup("/home/u/s");
	facts->temp = strdup("/tmp");
	facts->environment = calloc(1, sizeof *facts->environment);
	facts->assumed = true;
	must(facts_add_variable(facts, "config", "/home/u/c", &err));
	must(policy_add_text(policy, LAYER_POLICY, "p", NULL, text, strlen(text), &err));
	must(policy_resolve(policy, facts, &err));
	must(plan_compile(policy, facts, &options, &plan, &err));
	*ret_facts = facts;
	*ret_policy = policy;
	return plan;
}

/* However much is tried, the table stays small; how much it was is known; the first acts stay, and the latest. */
static void flood__fills_nothing(void **state)
{
	enum { FLOOD = 10000 };
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = NULL;
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = plan_of_settings(&facts, &policy);

	for (int i = 0; i < FLOOD; i++) {
		char path[4200];
		int length = snprintf(path, sizeof path, "/evil%d/", i);
		memset(path + length, '\x1b', 4000);
		path[length + 4000] = '\0';
		add_denial(&table, plan, path);
		add_denial(&table, plan, "/again");
	}
	assert_int_equal(table.count, DENIALS_MAX);
	assert_int_equal(table.distinct, FLOOD + 1);
	assert_int_equal(table.dropped, FLOOD + 1 - DENIALS_MAX);
	assert_true(text_starts(table.items[0].target, "/evil0/"));
	assert_string_equal(table.items[1].target, "/again");
	assert_int_equal(table.items[1].count, FLOOD);
	assert_false(table.items[table.last].is_complete); /* what is not kept for good costs little */
	must(denials_complete(&table, plan, &err));
	assert_true(text_starts(table.items[table.last].target, "/evil9999/"));
	assert_non_null(table.items[table.last].program);
	size_t bytes = 0;
	for (unsigned i = 0; i < table.count; i++)
		bytes += strlen(table.items[i].target) +
			 (table.items[i].would_allow ? strlen(table.items[i].would_allow) : 0);
	assert_true(bytes < 300000);
	denials_clear(&table);
}

/* What is known of a decoy alone stands behind what is known of a process: in the report, and in the line for people.
 */
static void tried_name__is_told_unless_more_is_known(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	make_directory(in_scratch("home/.aws"));
	CORDON_ON_EXIT(free_text) char *key = strdup(in_scratch("home/.ssh/key"));
	CORDON_ON_EXIT(free_text) char *keys = strdup(in_scratch("home/.ssh"));
	CORDON_ON_EXIT(free_text) char *other = strdup(in_scratch("home/.aws"));
	CORDON_ON_EXIT(free_text) char *shown = strdup(in_scratch("home/notes"));
	fake_reset();
	fake_add(CAGE_STARTED);
	fake_deny(ACT_WRITE, key);
	fake_try(keys);
	fake_try(other);
	fake_try(shown); /* the policy hides no such name */
	fake_exit(1);
	must(make_run(NULL));
	carry_out();
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	const json_t *denials = denials_of(report);
	assert_int_equal(json_array_size(denials), 2);
	assert_string_equal(string_at(json_array_get(denials, 0), "target"), key);
	assert_string_equal(string_at(json_array_get(denials, 1), "target"), other);
	assert_string_equal(string_at(json_array_get(denials, 1), "action"), "read");
	assert_true(json_is_null(json_object_get(json_array_get(denials, 1), "process")));
	run_explanation(run, &text);
	assert_non_null(strstr(text_str(&text), ".ssh/key"));
}

/* Two names that begin alike for longer than is shown are two acts all the same. */
static void long_names__are_told_apart(void **state)
{
	char path[3000];
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = NULL;
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = plan_of_settings(&facts, &policy);
	table = (struct denials){ .count = 0 };
	memset(path, 'x', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	add_denial(&table, plan, path);
	path[sizeof path - 2] = 'y';
	add_denial(&table, plan, path);
	assert_int_equal(table.count, 2);
	assert_true(strlen(table.items[0].target) < 1100);
	assert_null(table.items[0].would_allow); /* a path that is cut would be another one */
	denials_clear(&table);
}

/* -- telling -------------------------------------------------------------------------------------------------- */

static void explanation__is_one_line(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	fake_deny(ACT_WRITE, "/etc/first");
	fake_deny(ACT_WRITE, in_scratch("home/last"));
	fake_exit(1);
	must(make_run(NULL));
	struct run_result result = carry_out();
	assert_true(result.explained);
	assert_int_equal(result.denial_count, 2);
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	run_explanation(run, &text);
	assert_true(
		text_starts(text_str(&text), "refused to write ~/last: read-only, by \"/\" (preset workspace, line "));
	assert_non_null(strstr(text_str(&text), "; to allow: make it first, then --write ~/last (and 1 more)"));
}

/* A command that got along without has nothing to be explained. */
static void success__needs_no_explanation(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	fake_deny(ACT_WRITE, "/etc/x");
	fake_exit(0);
	must(make_run(NULL));
	struct run_result result = carry_out();
	assert_false(result.explained);
	assert_int_equal(result.denial_count, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(denial__says_what_was_refused_and_what_would_allow_it),
		TEST(act__that_is_allowed_is_no_denial),
		TEST(act__that_is_refused_for_itself_says_why),
		TEST(name__is_a_matter_of_its_directory),
		TEST(remedy__for_a_bound_is_its_place),
		TEST(remedy__for_a_flag_is_to_leave_it_out),
		TEST(remedy__is_quoted_for_a_shell),
		TEST(connection__names_the_network),
		TEST(forged_text__is_shown_escaped),
		TEST(forged_process__is_shown_escaped),
		TEST(flood__fills_nothing),
		TEST(long_names__are_told_apart),
		TEST(tried_name__is_told_unless_more_is_known),
		TEST(explanation__is_one_line),
		TEST(success__needs_no_explanation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
