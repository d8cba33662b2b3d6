#include "base/list.h"
#include "world.h"

static int setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	load_default();
	return 0;
}

/* What others build on: these keys are always there, known or null. */
static void check_keys(const json_t *report, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!json_object_get(report, keys[i]))
			fail_msg("no key %s", keys[i]);
	assert_int_equal(json_object_size(report), count);
}

static const char *const report_keys[] = {
	"schema",
	"version",
	"run_id",
	"outcome",
	"exit_code",
	"signal",
	"explained_by_sandbox",
	"error",
	"usage",
	"network",
	"denials_observed",
	"denials",
	"denials_dropped",
	"covers_lost",
	"set_aside",
	"caches",
	"guarantees",
	"gaps",
};

static void report__tells_how_it_ended(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	fake_exit(3);
	must(make_run(NULL));
	carry_out();
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	check_keys(report, report_keys, COUNT_OF(report_keys));
	assert_string_equal(string_at(report, "schema"), "cordon-report");
	assert_int_equal(json_integer_value(json_object_get(report, "version")), 1);
	assert_string_equal(string_at(report, "run_id"), run_id(run));
	assert_string_equal(string_at(report, "outcome"), "exited");
	assert_int_equal(json_integer_value(json_object_get(report, "exit_code")), 3);
	assert_true(json_is_null(json_object_get(report, "signal")));
	assert_true(json_is_false(json_object_get(report, "explained_by_sandbox")));
	assert_true(json_is_true(json_object_get(report, "denials_observed")));
	json_t *usage = json_object_get(report, "usage");
	assert_int_equal(json_integer_value(json_object_get(usage, "cpu_ms")), 12);
	assert_int_equal(json_integer_value(json_object_get(usage, "memory_peak_bytes")), 34567);
	assert_true(json_is_null(json_object_get(usage, "disk_bytes"))); /* not measured is not nothing */
}

/* Each host apart, in the order in which they were reached; those for which there was no room have no name. */
static void report__counts_what_went_where(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	fake_reach("example.org:443");
	must(make_run(NULL));
	carry_out();
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	json_t *network = json_object_get(report, "network"), *hosts = json_object_get(network, "hosts");
	assert_int_equal(json_integer_value(json_object_get(network, "queries")), 7);
	assert_int_equal(json_array_size(hosts), 3);
	assert_string_equal(string_at(json_array_get(hosts, 0), "host"), "example.org:443");
	assert_string_equal(string_at(json_array_get(hosts, 0), "direction"), "out");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(hosts, 0), "bytes_out")), 512);
	assert_string_equal(string_at(json_array_get(hosts, 1), "direction"), "in");
	assert_true(json_is_null(json_object_get(json_array_get(hosts, 2), "host")));
}

static void report__before_the_end_has_no_outcome(void **state)
{
	(void)state;
	must(make_run(NULL));
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	check_keys(report, report_keys, COUNT_OF(report_keys));
	assert_true(json_is_null(json_object_get(report, "outcome")));
	assert_true(json_is_null(json_object_get(report, "exit_code")));
	assert_true(json_is_null(json_object_get(json_object_get(report, "usage"), "wall_ms")));
}

static void report__tells_how_well_each_guarantee_holds(void **state)
{
	(void)state;
	fake.levels[GUARANTEE_LIMITS_MEMORY] = LEVEL_PARTIAL;
	must(make_run(NULL));
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	json_t *levels = json_object_get(report, "guarantees");
	json_t *gaps = json_object_get(report, "gaps");
	assert_string_equal(string_at(levels, "files.write"), "enforced");
	assert_string_equal(string_at(levels, "limits.memory"), "partial");
	assert_null(json_object_get(levels, "desktop"));
	assert_string_equal(string_at(gaps, "limits.memory"), "why limits.memory");
	assert_int_equal(json_object_size(gaps), 1);
}

static void report__counts_lost_covers(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	for (int i = 0; i < 40; i++) {
		fake_add(CAGE_COVER_LOST);
		fake.events[fake.event_count - 1].cover.path = i % 2 ? "/a\nb" : "/c";
		fake.events[fake.event_count - 1].cover.is_mended = true;
	}
	must(make_run(NULL));
	carry_out();
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	json_t *lost = json_object_get(report, "covers_lost");
	assert_int_equal(json_array_size(lost), 2);
	assert_string_equal(string_at(json_array_get(lost, 1), "path"), "/a\\nb");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(lost, 1), "count")), 20);
}

/* A run that never was has a report too: whoever reads reports must not have to read stderr as well. */
static void refusal__has_a_report(void **state)
{
	(void)state;
	cordon_fail_at(&err, "/p/x\n.json", 3, 7, "unknown key 'fils'");
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error other = CORDON_ERROR_INIT;
	assert_true(run_refusal(&err, &text, &other));
	CORDON_ON_EXIT(decref) json_t *report = parse(&text);
	assert_string_equal(string_at(report, "schema"), "cordon-report");
	assert_string_equal(string_at(report, "outcome"), "refused");
	json_t *error = json_object_get(report, "error");
	assert_string_equal(string_at(error, "kind"), "bad_policy");
	assert_string_equal(string_at(error, "text"), "unknown key 'fils'");
	assert_string_equal(string_at(error, "file"), "/p/x\\n.json");
	assert_int_equal(json_integer_value(json_object_get(error, "line")), 3);
}

/* -- explain, rules, doctor ----------------------------------------------------------------------------------- */

static json_t *explain(const char *path)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	must(run_explain(run, path, &text, &err));
	return parse(&text);
}

static void explain__names_rule_and_remedy(void **state)
{
	(void)state;
	make_directory(in_scratch("home/.ssh"));
	write_file(in_scratch("home/.ssh/id_rsa"), "");
	assert_int_equal(symlink("../home/.ssh", in_scratch("work/link")), 0);
	must(make_run("linux"));
	static const struct {
		const char *path, *landing, *access, *pattern, *would_allow;
	} cases[] = {
		{ "~/.ssh/id_rsa", "home/.ssh/id_rsa", "none", "~/.ssh", "--read ~/.ssh/id_rsa" },
		{ "link/id_rsa", "home/.ssh/id_rsa", "none", "~/.ssh", "--read ~/.ssh/id_rsa" },
		{ "~/.ssh/missing", "home/.ssh/missing", "none", "~/.ssh", "--read ~/.ssh" },
		{ "new/file", "work/new/file", "write", "${workspace}", "(none)" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(decref) json_t *answer = explain(cases[i].path);
		assert_string_equal(string_at(answer, "landing"), in_scratch("%s", cases[i].landing));
		assert_string_equal(string_at(answer, "access"), cases[i].access);
		assert_string_equal(string_at(json_object_get(answer, "rule"), "pattern"), cases[i].pattern);
		assert_string_equal(string_at(answer, "would_allow"), cases[i].would_allow);
	}
}

/* Inside, /tmp is not the host's: to say what a rule says of it would be to say something wrong. */
static void explain__knows_what_is_the_runs_own(void **state)
{
	(void)state;
	must(make_run("linux"));
	CORDON_ON_EXIT(decref) json_t *answer = explain("/tmp/x");
	assert_string_equal(string_at(answer, "access"), "write");
	assert_true(json_is_null(json_object_get(answer, "rule")));
	assert_string_not_equal(string_at(answer, "own"), "(none)");
}

/* A host is told from a file by its port; deny wins; what the network's mode settles has no rule of its own. */
static void explain__knows_hosts(void **state)
{
	(void)state;
	static const struct {
		const char *host;
		bool is_allowed;
		const char *pattern, *would_allow;
	} cases[] = {
		{ "a.example.org:443", true, "*.example.org:443", "(none)" },
		{ "a.example.org:80", false, "(none)", "--allow a.example.org:80" },
		{ "evil.example.org:443", false, "evil.example.org", "(none)" },
		{ "example.org:443", false, "(none)", "--allow example.org:443" },
		{ "[::1]:3000", true, "localhost:3000", "(none)" },
	};
	must(settings_set(settings, "--allow", "network.allow", NULL, "*.example.org:443", &err));
	must(settings_set(settings, "--allow", "network.allow", NULL, "localhost:3000", &err));
	must(settings_set(settings, "--allow", "network.allow", NULL, "bücher.example", &err));
	must(settings_set(settings, "--deny", "network.deny", NULL, "evil.example.org", &err));
	must(make_run("linux"));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(decref) json_t *answer = explain(cases[i].host);
		assert_string_equal(string_at(answer, "host"), cases[i].host);
		assert_string_equal(string_at(answer, "network"), "filtered");
		assert_int_equal(json_is_true(json_object_get(answer, "is_allowed")), cases[i].is_allowed);
		assert_string_equal(string_at(json_object_get(answer, "rule"), "pattern"), cases[i].pattern);
		assert_string_equal(string_at(answer, "would_allow"), cases[i].would_allow);
	}
	/* what looks like a name is answered with what it is */
	CORDON_ON_EXIT(decref) json_t *letters = explain("bücher.example:443");
	assert_string_equal(string_at(letters, "host"), "xn--bcher-kva.example:443");
	assert_string_equal(string_at(json_object_get(letters, "rule"), "pattern"), "xn--bcher-kva.example");
	write_file(in_scratch("work/file:1"), "");
	CORDON_ON_EXIT(decref) json_t *answer = explain("file:1");
	assert_string_equal(string_at(answer, "access"), "write");
}

static void rules__are_listed_with_their_origins(void **state)
{
	(void)state;
	must(settings_set(settings, "--hide", "files", in_scratch("work/x"), "none", &err));
	must(settings_set(settings, "--memory", "limits.memory", NULL, "1GiB", &err));
	must(make_run("linux"));
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	must(run_rules(run, &text, &err));
	CORDON_ON_EXIT(decref) json_t *rules = parse(&text);
	const json_t *file;
	size_t i;
	bool is_found = false;
	json_array_foreach (json_object_get(rules, "files"), i, file) {
		if (strcmp(string_at(file, "path"), in_scratch("work/x")) != 0)
			continue;
		is_found = true;
		assert_string_equal(string_at(file, "access"), "none");
		assert_true(json_is_false(json_object_get(file, "exists")));
		assert_string_equal(string_at(json_object_get(file, "rule"), "file"), "--hide");
	}
	assert_true(is_found);
	assert_string_equal(string_at(json_object_get(rules, "network"), "mode"), "off");
	json_t *memory = json_object_get(json_object_get(rules, "limits"), "memory");
	assert_int_equal(json_integer_value(json_object_get(memory, "value")), 1 << 30);
	assert_string_equal(string_at(json_object_get(memory, "rule"), "layer"), "flags");
}

static const json_t *row_of(const json_t *doctor, const char *name)
{
	const json_t *row;
	size_t i;
	json_array_foreach (json_object_get(doctor, "guarantees"), i, row)
		if (strcmp(string_at(row, "guarantee"), name) == 0)
			return row;
	return NULL;
}

/* Also where no run would start, and also from a directory that is no workspace. */
static void doctor__has_a_row_for_each_guarantee(void **state)
{
	(void)state;
	fake.levels[GUARANTEE_NET_OFF] = LEVEL_ABSENT;
	fake.levels[GUARANTEE_LIMITS_CPU_TIME] = LEVEL_PARTIAL;
	for (int i = 0; i < 2; i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		must(run_doctor(&text, &err));
		CORDON_ON_EXIT(decref) json_t *doctor = parse(&text);
		assert_string_equal(string_at(row_of(doctor, "net.off"), "level"), "absent");
		assert_string_equal(string_at(row_of(doctor, "net.off"), "why"), "why net.off");
		assert_string_equal(string_at(row_of(doctor, "limits.cpu_time"), "level"), "partial");
		assert_string_equal(string_at(row_of(doctor, "files.write"), "level"), "enforced");
		assert_non_null(row_of(doctor, "net.filtered"));
		assert_non_null(row_of(doctor, "net.dns"));
		assert_null(row_of(doctor, "registry"));
		assert_int_equal(chdir(in_scratch("home")), 0);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(report__tells_how_it_ended),
		TEST(report__counts_what_went_where),
		TEST(report__before_the_end_has_no_outcome),
		TEST(report__tells_how_well_each_guarantee_holds),
		TEST(report__counts_lost_covers),
		TEST(refusal__has_a_report),
		TEST(explain__names_rule_and_remedy),
		TEST(explain__knows_what_is_the_runs_own),
		TEST(explain__knows_hosts),
		TEST(rules__are_listed_with_their_origins),
		TEST(doctor__has_a_row_for_each_guarantee),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
