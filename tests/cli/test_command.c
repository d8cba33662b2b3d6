/* The whole command line over the fake backend: what it prints where, and what it exits with. */
#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "scratch.h"

static char output[131072], errors[131072];

static pid_t start(const char *fake, const char *const *words)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	int out = open(in_scratch("output"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int err = open(in_scratch("errors"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const char *argv[32] = { "cordon" };
	for (size_t i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	setenv("FAKE", fake, 1);
	dup2(out, 1);
	dup2(err, 2);
	execv(FAKE_PROGRAM, (char *const *)(uintptr_t)argv);
	_exit(99);
}

/* Until the program has made arrangements for the signal: before, it would end by it. */
static void await_handler(pid_t pid, int signal)
{
	static const char field[] = "SigCgt:";
	char line[256];
	for (int i = 0; i < 1000; i++) {
		char *path = NULL;
		unsigned long long caught = 0;
		assert_true(asprintf(&path, "/proc/%d/status", (int)pid) > 0);
		FILE *file = fopen(path, "re");
		free(path);
		while (file && fgets(line, sizeof line, file))
			if (strncmp(line, field, sizeof field - 1) == 0)
				caught = strtoull(line + sizeof field - 1, NULL, 16);
		if (file)
			fclose(file);
		if (caught & 1ULL << (signal - 1))
			return;
		usleep(10000);
	}
	fail_msg("no handler of signal %d", signal);
}

static void read_back(const char *name, char *text, size_t size)
{
	FILE *file = fopen(in_scratch("%s", name), "re");
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static int finish(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	read_back("output", output, sizeof output);
	read_back("errors", errors, sizeof errors);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int cordon(const char *fake, const char *const *words)
{
	return finish(start(fake, words));
}

#define CORDON(fake, ...) cordon(fake, (const char *const[]){ __VA_ARGS__, NULL })

static json_t *read_report(void)
{
	json_t *report = json_load_file(in_scratch("report.json"), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(report);
	return report;
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));
	return string ? string : "(none)";
}

static void decref(json_t **value)
{
	json_decref(*value);
}

/* -- run ------------------------------------------------------------------------------------------------------ */

static void run__exits_as_the_command_does(void **state)
{
	(void)state;
	static const struct {
		const char *fake;
		int status;
		const char *errors; /* a part of what is said; NULL: nothing is said */
	} cases[] = {
		{ "started;exit 0", 0, NULL },
		{ "started;exit 3", 3, NULL },
		{ "started;exit 125", 125, NULL },
		{ "started;exit 255", 255, NULL },
		{ "started;kill 9", 137, NULL },
		{ "started;kill 11", 139, NULL },
		{ "not_found", 127, "cordon: 'command': not_found\n" },
		{ "not_executable", 126, "cordon: 'command': not_executable\n" },
		{ "lack net.off", 125, "net.off (absent)" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(CORDON(cases[i].fake, "run", "true"), cases[i].status);
		assert_string_equal(output, "");
		if (!cases[i].errors)
			assert_string_equal(errors, "");
		else if (!strstr(errors, cases[i].errors))
			fail_msg("%s: %s", cases[i].fake, errors);
	}
}

static void run__out_of_time_exits_124(void **state)
{
	(void)state;
	assert_int_equal(CORDON("started;run_on", "run", "--time", "50ms", "true"), 124);
}

/* cordon speaks when something failed that it refused, in one line, and then only. */
static void refusal__is_told_in_one_line(void **state)
{
	(void)state;
	assert_int_equal(CORDON("started;deny /etc/x;exit 2", "run", "true"), 2);
	assert_string_equal(output, "");
	assert_true(
		text_starts(errors, "cordon: refused to write /etc/x: read-only, by \"/\" (preset workspace, line "));
	assert_int_equal(strcspn(errors, "\n"), strlen(errors) - 1);
	assert_int_equal(CORDON("started;deny /etc/x;exit 0", "run", "true"), 0);
	assert_string_equal(errors, "");
	assert_int_equal(CORDON("started;deny /etc/x;exit 0", "run", "-v", "true"), 0);
	assert_non_null(strstr(errors, "/etc/x"));
}

static void run__with_wrong_words_exits_125(void **state)
{
	(void)state;
	static const struct {
		const char *words[6], *errors;
	} cases[] = {
		{ { "run", "--bogus" }, "unknown option '--bogus'" },
		{ { "run", "--memory", "much", "true" }, "--memory" },
		{ { "run", "--preset", "bogus", "true" }, "no preset 'bogus'" },
		{ { "run", "--policy", "missing.json", "true" }, "missing.json" },
		{ { "run", "--workspace", "missing", "true" }, "missing" },
		{ { "run", "--workspace", "/", "true" }, "workspace" },
		{ { "run", "--target", "windows", "true" }, "--dry-run" },
		{ { "run", "--tier", "token", "true" }, "Windows" },
		{ { "run", "--pass-fd", "1", "true" }, "descriptor" },
		{ { "run", "--pass-fd", "77", "true" }, "not open" },
		{ { "run", "--pass-fd", "x", "true" }, "'x'" },
		{ { "run", "--tty", "--no-tty", "true" }, "cannot both be meant" },
		{ { "run", "--status-fd", "77", "true" }, "not open" },
		{ { "run", "--allow", "a:0", "true" }, "--allow" },
		{ { "run", "--allow", "*", "true" }, "network.mode" },
		{ { "run", "--accept", "nothing", "true" }, "nothing" },
		{ { "run", "--report", "missing/report", "true" }, "missing/report" },
		{ { "run", "--report", ".", "true" }, "directory" },
		{ { "run", "--report", "r", "--dry-run", "true" }, "--dry-run" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(cordon("started", cases[i].words), 125);
		assert_string_equal(output, "");
		assert_true(text_starts(errors, "cordon: "));
		if (!strstr(errors, cases[i].errors))
			fail_msg("%s: %s", cases[i].words[1], errors);
	}
}

static void policy_file__is_named_with_line_and_column(void **state)
{
	(void)state;
	write_file(in_scratch("work/p.json"), "{\n  \"fils\": {}\n}\n");
	assert_int_equal(CORDON("started", "run", "--policy", "p.json", "true"), 125);
	CORDON_ON_EXIT(free_text) char *expected = text_format("cordon: %s/work/p.json:2:3: ", scratch);
	assert_true(text_starts(errors, expected));
}

static void dry_run__prints_the_plan_and_starts_nothing(void **state)
{
	(void)state;
	static const char *const targets[] = { "linux", "windows" };
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		assert_int_equal(CORDON("lack net.off;exit 3", "run", "--dry-run", "--target", targets[i], "true"), 0);
		CORDON_ON_EXIT(decref) json_t *plan = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(plan);
		assert_string_equal(errors, "");
	}
	/* without a target it is about this host, and what it lacks is said */
	assert_int_equal(CORDON("lack net.off", "run", "--dry-run", "true"), 125);
	assert_int_equal(CORDON("exit 3", "run", "--dry-run", "true"), 0);
}

/* -- report --------------------------------------------------------------------------------------------------- */

static void report__is_written_whatever_happened(void **state)
{
	(void)state;
	static const struct {
		const char *fake, *outcome;
		int status;
	} cases[] = {
		{ "started;exit 3", "exited", 3 },
		{ "started;kill 9", "signaled", 137 },
		{ "not_found", "refused", 127 },
		{ "lack net.off", "refused", 125 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(CORDON(cases[i].fake, "run", "--report", "../report.json", "true"), cases[i].status);
		CORDON_ON_EXIT(decref) json_t *report = read_report();
		assert_string_equal(string_at(report, "schema"), "cordon-report");
		assert_string_equal(string_at(report, "outcome"), cases[i].outcome);
	}
	assert_int_equal(CORDON("", "run", "--report", "../report.json", "--preset", "bogus", "true"), 125);
	CORDON_ON_EXIT(decref) json_t *report = read_report();
	assert_non_null(strstr(string_at(json_object_get(report, "error"), "text"), "bogus"));
}

/* The command may write where the report is to be. What it leaves there is replaced, not followed and not kept. */
static void report__is_not_led_astray(void **state)
{
	(void)state;
	static const char *const deeds[] = {
		"echo forged >report.json",
		"ln -sfn victim report.json",
		"rm -f report.json; mkfifo report.json",
		"rm -rf report.json; mkdir report.json; touch report.json/x",
	};
	assert_int_equal(chdir(scratch), 0);
	for (size_t i = 0; i < COUNT_OF(deeds); i++) {
		write_file(in_scratch("victim"), "untouched");
		remove(in_scratch("report.json"));
		const char *const words[] = { "run", "--workspace", "work", "--report", "report.json", "true", NULL };
		pid_t pid = start("started;run_on", words);
		await_handler(pid, SIGINT);
		usleep(150000); /* it runs: the place of the report is settled */
		assert_int_equal(system(deeds[i]), 0);
		assert_int_equal(kill(pid, SIGINT), 0);
		usleep(50000);
		assert_int_equal(kill(pid, SIGINT), 0);
		assert_int_equal(finish(pid), 137);
		struct stat status;
		assert_int_equal(lstat(in_scratch("report.json"), &status), 0);
		assert_true(S_ISREG(status.st_mode));
		CORDON_ON_EXIT(decref) json_t *report = read_report();
		assert_string_equal(string_at(report, "outcome"), "signaled");
		read_back("victim", output, sizeof output);
		assert_string_equal(output, "untouched");
	}
}

/* A link may be what an earlier command left, to have another file replaced by the report. */
static void report__follows_no_link_to_a_file(void **state)
{
	static const char *const targets[] = { "../report.json", "../missing.json" };
	(void)state;
	write_file(in_scratch("report.json"), "old");
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		assert_int_equal(symlink(targets[i], in_scratch("work/link")), 0);
		assert_int_equal(CORDON("started;exit 0", "run", "--report", "link", "true"), 125);
		assert_non_null(strstr(errors, "is a link"));
		assert_int_equal(unlink(in_scratch("work/link")), 0);
	}
	read_back("report.json", output, sizeof output);
	assert_string_equal(output, "old");
	assert_int_equal(access(in_scratch("missing.json"), F_OK), -1);
}

/* A pipe that nobody reads is an error, and no reason to wait for ever. */
static void report__waits_for_no_reader(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_scratch("work/pipe"), 0600), 0);
	assert_int_equal(CORDON("started;exit 0", "run", "--report", "pipe", "true"), 125);
	assert_non_null(strstr(errors, "pipe"));
	assert_int_equal(unlink(in_scratch("work/pipe")), 0);
}

/* A device is written, not replaced. */
static void report__goes_to_devices(void **state)
{
	struct stat status;
	(void)state;
	assert_int_equal(CORDON("started;exit 0", "run", "--report", "/dev/stderr", "true"), 0);
	assert_non_null(strstr(errors, "\"cordon-report\""));
	assert_int_equal(CORDON("started;exit 0", "run", "--report", "/dev/null", "true"), 0);
	assert_int_equal(lstat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
	assert_int_equal(CORDON("started;exit 0", "run", "--report", "/dev/full", "true"), 125);
	assert_non_null(strstr(errors, "/dev/full"));
}

static void report__that_could_not_be_written_is_a_failure(void **state)
{
	(void)state;
	make_directory(in_scratch("gone"));
	const char *const words[] = { "run", "--report", "../gone/report.json", "--time", "300ms", "true", NULL };
	pid_t pid = start("started;run_on", words);
	await_handler(pid, SIGINT);
	usleep(150000);
	assert_int_equal(rmdir(in_scratch("gone")), 0);
	assert_int_equal(finish(pid), 125);
	assert_non_null(strstr(errors, "report"));
}

/* -- signals -------------------------------------------------------------------------------------------------- */

/* One Ctrl-C is the command's to act on; the second means it. */
static void interrupt__twice_ends_the_tree(void **state)
{
	(void)state;
	const char *const words[] = { "run", "true", NULL };
	int status;
	pid_t pid = start("started;run_on", words);
	await_handler(pid, SIGINT);
	usleep(150000);
	assert_int_equal(kill(pid, SIGINT), 0);
	usleep(150000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGINT), 0);
	assert_int_equal(finish(pid), 128 + SIGKILL);
}

static void other_signals__are_passed_on_only(void **state)
{
	(void)state;
	static const int signals[] = { SIGTERM, SIGHUP, SIGQUIT };
	const char *const words[] = { "run", "--time", "600ms", "true", NULL };
	pid_t pid = start("started;run_on", words);
	await_handler(pid, SIGTERM);
	usleep(150000);
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		assert_int_equal(kill(pid, signals[i]), 0);
	assert_int_equal(finish(pid), 124); /* alive until its time was over */
}

/* nohup: what the caller ignores stays ignored. */
static void ignored_signals__stay_ignored(void **state)
{
	(void)state;
	const char *const words[] = { "run", "--time", "600ms", "true", NULL };
	signal(SIGINT, SIG_IGN);
	pid_t pid = start("started;run_on", words);
	signal(SIGINT, SIG_DFL);
	usleep(150000);
	kill(pid, SIGINT);
	usleep(50000);
	kill(pid, SIGINT);
	assert_int_equal(finish(pid), 124);
}

/* Before the command runs there is nobody to pass the signal on to. */
static void signal__before_the_command_runs_ends_it(void **state)
{
	(void)state;
	const char *const words[] = { "run", "true", NULL };
	pid_t pid = start("run_on", words);
	await_handler(pid, SIGTERM);
	usleep(150000);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(finish(pid), 128 + SIGKILL);
}

/* -- the others ----------------------------------------------------------------------------------------------- */

static void explain__begins_with_a_sentence(void **state)
{
	(void)state;
	make_directory(in_scratch("home/.ssh"));
	write_file(in_scratch("home/.ssh/id_rsa"), "");
	assert_int_equal(CORDON("lack net.off", "policy", "explain", "../home/.ssh/id_rsa", "--write", "/etc"), 0);
	assert_true(text_starts(output, "~/.ssh/id_rsa: none, by \"~/.ssh\" (preset workspace, line "));
	assert_non_null(strstr(output, "); to allow: --read ~/.ssh/id_rsa\n"));
	assert_int_equal(CORDON("", "policy", "explain", "--json", "/etc/passwd"), 0);
	CORDON_ON_EXIT(decref) json_t *answer = json_loads(output, 0, NULL);
	assert_string_equal(string_at(answer, "access"), "read");
	assert_int_equal(CORDON("", "policy", "explain", "example.org:443"), 0);
	assert_true(text_starts(output, "example.org:443: refused (network off), by \"off\" (preset workspace, line "));
	assert_non_null(strstr(output, "); to allow: --allow example.org:443\n"));
	assert_int_equal(CORDON("", "policy", "explain", "bücher.example:443"), 0);
	assert_true(text_starts(output, "xn--bcher-kva.example:443 (bücher.example): refused (network off), by "));
	assert_int_equal(CORDON("", "policy", "explain"), 2);
}

static void show__names_rules_and_origins(void **state)
{
	(void)state;
	assert_int_equal(CORDON("lack net.off", "policy", "show", "--hide", "secret"), 0);
	assert_non_null(strstr(output, "preset workspace, line"));
	assert_non_null(strstr(output, "--hide"));
	assert_int_equal(CORDON("", "policy", "show", "--allow", "*.bücher.example:443"), 0);
	assert_non_null(strstr(output, "*.xn--bcher-kva.example:443 (*.bücher.example)"));
	assert_int_equal(CORDON("", "policy", "show", "--json"), 0);
	CORDON_ON_EXIT(decref) json_t *answer = json_loads(output, 0, NULL);
	assert_non_null(answer);
}

static void schema__is_json(void **state)
{
	(void)state;
	assert_int_equal(CORDON("", "policy", "schema"), 0);
	assert_string_equal(errors, "");
	CORDON_ON_EXIT(decref) json_t *schema = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(string_at(schema, "$schema"), "http://json-schema.org/draft-07/schema#");
	assert_int_equal(CORDON("", "policy", "schema", "more"), 2);
	assert_int_equal(CORDON("", "policy", "schema", "--preset", "strict"), 2);
}

/* Nothing that lacks on this host matters: nothing is started. */
static void check__tells_whether_a_file_would_do(void **state)
{
	(void)state;
	static const struct {
		const char *text, *errors; /* NULL: fine */
	} cases[] = {
		{ "{}", NULL },
		{ "{\"limits\": {\"memory\": \"1GiB\"}}", NULL },
		{ "{\n  \"fils\": {}}", "p.json:2:3: unknown key 'fils'; did you mean 'files'?\n" },
		{ "{\"extends\": \"./missing.json\"}", "missing.json" },
		{ "{\"files\": {\"${worksapce}\": \"write\"}}", "p.json:1:12: " },
		{ "{\"files\":\n{\"missing\": \"write\"}}", "p.json:2:2: 'missing' does not exist" },
		{ "{\"files\": {\"/proc/sys\": \"write\"}}", "p.json:1:12: " },
		{ "", "p.json: empty" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		write_file("p.json", cases[i].text);
		int status = CORDON("lack net.off", "policy", "check", "p.json");
		if (status != (cases[i].errors != NULL) || (cases[i].errors && !strstr(errors, cases[i].errors)))
			fail_msg("%s: %d %s%s", cases[i].text, status, output, errors);
		if (!cases[i].errors)
			assert_non_null(strstr(output, "/work/p.json: fine\n"));
		assert_string_equal(cases[i].errors ? output : errors, "");
	}
	assert_int_equal(CORDON("", "policy", "check", "none.json"), 1);
	assert_non_null(strstr(errors, "none.json"));
	assert_int_equal(CORDON("", "policy", "check", "p.json", "q.json"), 2);
	assert_int_equal(CORDON("", "policy", "check", "--policy", "p.json", "q.json"), 2);
	assert_int_equal(CORDON("", "policy", "check", "--bogus"), 2);
}

static void check__without_a_file_looks_at_those_in_force(void **state)
{
	(void)state;
	assert_int_equal(CORDON("", "policy", "check"), 0);
	assert_non_null(strstr(output, "no policy file"));

	make_directory(in_scratch("home/.config"));
	make_directory(in_scratch("home/.config/cordon"));
	write_file(in_scratch("home/.config/cordon/policy.json"), "{\"accept\": []}");
	write_file(".cordon.json", "{\"limits\": {\"processes\": 100}}");
	assert_int_equal(CORDON("", "policy", "check"), 0);
	assert_non_null(strstr(output, "/home/.config/cordon/policy.json: fine\n"));
	assert_non_null(strstr(output, "/work/.cordon.json: fine\n"));

	write_file(".cordon.json", "{\"limits\": {},\n \"accept\": []}");
	assert_int_equal(CORDON("", "policy", "check"), 1);
	assert_non_null(strstr(errors, ".cordon.json:2:2: 'accept' may not stand here"));
	assert_string_equal(output, "");
}

/* As --policy it would be taken for a grant, and allow what no project may say. */
static void check__takes_a_projects_policy_for_what_it_is(void **state)
{
	(void)state;
	make_directory("project");
	assert_int_equal(CORDON("", "policy", "check", "project/.cordon.json"), 1);
	assert_non_null(strstr(errors, "no .cordon.json"));
	write_file("project/.cordon.json", "{\"network\": {\"mode\": \"open\"}}");
	assert_int_equal(CORDON("", "policy", "check", "project/.cordon.json"), 1);
	assert_non_null(strstr(errors, "'network.mode' may not stand here"));
	write_file("project/.cordon.json", "{\"files\": {\"secret\": \"none\"}}");
	assert_int_equal(CORDON("", "policy", "check", "project/.cordon.json"), 0);
	assert_non_null(strstr(output, "/project/.cordon.json: fine\n"));
	assert_null(strstr(output, "note"));
}

/* A rule that does nothing looks like one that does. */
static void check__notes_rules_without_effect(void **state)
{
	(void)state;
	static const struct {
		const char *path, *access;
		bool is_noted;
	} cases[] = {
		{ "/etc", "read", false },
		{ "/etc/cordon-test-none", "read", true },
		{ "~/later", "read", true },
		{ "~/later", "none", false },
		{ "later", "none", false },
		{ "later", "read", false },
		{ "later/below", "none", false },
		{ ".git", "read", false },
		{ "/proc/later", "none", false },
		{ "/tmp/later", "none", false },
		{ "~/.ssh/later", "read", true },
		{ "~/.ssh/later", "none", false },
		{ "/cordon-test-none", "none", true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(free_text)
		char *text = text_format("{\"files\": {\n  \"%s\": \"%s\"}}", cases[i].path, cases[i].access);
		write_file("p.json", text);
		int status = CORDON("", "policy", "check", "p.json");
		CORDON_ON_EXIT(free_text)
		char *note = text_format("p.json:2:3: note: \"%s\": \"%s\" has no effect", cases[i].path,
					 cases[i].access);
		if (status != 0 || (strstr(output, note) != NULL) != cases[i].is_noted ||
		    (strstr(output, "note") != NULL) != cases[i].is_noted)
			fail_msg("%s: %d %s%s", text, status, output, errors);
	}
}

static void check__answers_as_json(void **state)
{
	(void)state;
	write_file("p.json", "{\"files\": {\"~/later\": \"read\"}}");
	assert_int_equal(CORDON("", "policy", "check", "p.json", "--json"), 0);
	CORDON_ON_EXIT(decref) json_t *good = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_true(json_object_get(good, "fine")));
	assert_int_equal(json_array_size(json_object_get(good, "files")), 1);
	const json_t *note = json_array_get(json_object_get(good, "notes"), 0);
	assert_string_equal(string_at(note, "access"), "read");
	assert_string_equal(string_at(json_object_get(note, "rule"), "pattern"), "~/later");

	write_file("p.json", "{\"files\": 1}");
	assert_int_equal(CORDON("", "policy", "check", "--json", "p.json"), 1);
	CORDON_ON_EXIT(decref) json_t *bad = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
	const json_t *fault = json_object_get(bad, "error");
	assert_true(json_is_false(json_object_get(bad, "fine")));
	assert_int_equal(json_integer_value(json_object_get(fault, "line")), 1);
	assert_int_equal(json_integer_value(json_object_get(fault, "column")), 11);
	assert_true(text_ends(string_at(fault, "file"), "/work/p.json"));
	assert_non_null(strstr(errors, "p.json:1:11: "));
}

static void doctor__has_rows(void **state)
{
	(void)state;
	assert_int_equal(CORDON("lack net.off", "doctor"), 0);
	assert_non_null(strstr(output, "absent    net.off"));
	assert_int_equal(CORDON("", "doctor", "--json"), 0);
	CORDON_ON_EXIT(decref) json_t *answer = json_loads(output, 0, NULL);
	assert_non_null(answer);
}

static void cordon__alone_has_six_lines_of_help(void **state)
{
	(void)state;
	size_t lines = 0;
	assert_int_equal(cordon("", (const char *const[]){ NULL }), 0);
	for (const char *at = output; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, 6);
}

static void every_command__has_help(void **state)
{
	(void)state;
	static const char *const commands[] = { "run", "policy", "doctor", "verify", "version" };
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		assert_int_equal(CORDON("", commands[i], "--help"), 0);
		assert_non_null(strstr(output, commands[i]));
		assert_string_equal(errors, "");
	}
	assert_int_equal(CORDON("", "policy", "explain", "--help"), 0);
	assert_int_equal(CORDON("", "run", "--help"), 0);
	assert_non_null(strstr(output, "--write PATH"));
}

/* What was run is found again, without the secrets of its command line; a page of it carries no markup of the
 * command's.
 */
static void log__and_report_show_recorded_runs(void **state)
{
	(void)state;
	assert_int_equal(CORDON("started;exit 3", "run", "--", "first", "--token", "hunter2"), 3);
	assert_int_equal(CORDON("started;deny /etc/<script>;exit 1", "run", "--", "second"), 1);
	assert_int_equal(CORDON("", "log"), 0);
	assert_non_null(strstr(output, "first --token ***"));
	assert_true(strstr(output, "second") < strstr(output, "first"));
	assert_int_equal(CORDON("", "log", "--json"), 0);
	CORDON_ON_EXIT(decref) json_t *log = json_loads(output, 0, NULL);
	const json_t *runs = json_object_get(log, "runs");
	assert_int_equal(json_array_size(runs), 2);
	assert_int_equal(CORDON("", "report", string_at(json_array_get(runs, 1), "run_id")), 0);
	assert_non_null(strstr(output, "first --token ***"));
	assert_int_equal(CORDON("", "report", "last"), 0);
	assert_non_null(strstr(output, "/etc/&lt;script&gt;"));
	assert_null(strstr(output, "<script>"));
	assert_int_equal(CORDON("", "report", "last", "-o", in_scratch("page.html")), 0);
	assert_string_equal(output, "");
	assert_int_equal(CORDON("", "report", "last", "--json"), 0);
	assert_int_equal(CORDON("", "report", "0000"), 1);
	assert_non_null(strstr(errors, "no recorded run"));
	assert_int_equal(CORDON("", "report"), 2);
}

/* Whoever reads along learns of each step, and tells a 125 of ours from the command's. */
static void status_fd__tells_what_happens(void **state)
{
	(void)state;
	int file = open(in_scratch("status"), O_RDWR | O_CREAT, 0600);
	assert_int_equal(dup2(file, 42), 42);
	assert_int_equal(CORDON("started;deny /etc/x;deny /etc/x;exit 1", "run", "--status-fd", "42", "true"), 1);
	char text[8192];
	text[pread(file, text, sizeof text - 1, 0)] = '\0';
	static const char *const expected[] = { "started", "denied", "ended" };
	char *line = text;
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		char *end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		CORDON_ON_EXIT(decref) json_t *event = json_loads(line, 0, NULL);
		assert_string_equal(string_at(event, "event"), expected[i]);
		line = end + 1;
	}
	assert_string_equal(line, "");
	close(file);
	close(42);
}

/* What verify would make is not tried where the policy or the command line is wrong; and an act is none of the
 * program's.
 */
static void verify__refuses_what_it_cannot_try(void **state)
{
	(void)state;
	assert_int_equal(CORDON("", "verify", "everything"), 2);
	assert_int_equal(CORDON("", "verify", "--preset", "none"), 1);
	assert_non_null(strstr(errors, "no preset 'none'"));
	assert_int_equal(CORDON("", "verify", "--act", "unknown", "x"), 1);
	assert_string_equal(output, "");
}

/* What is not there says so, and never seems to have worked. */
static void commands__that_are_not_there_say_so(void **state)
{
	(void)state;
	assert_int_equal(CORDON("", "polcy"), 2);
	assert_non_null(strstr(errors, "did you mean 'policy'?"));
	assert_int_equal(CORDON("", "policy", "explian"), 2);
	assert_non_null(strstr(errors, "did you mean 'policy explain'?"));
}

/* On Linux there is nothing to undo, and forget says so rather than that it was done. */
static void forget__names_what_it_is_about(void **state)
{
	(void)state;
	assert_int_equal(CORDON("", "forget"), 2);
	assert_non_null(strstr(errors, "--all"));
	assert_int_equal(CORDON("", "forget", "--all", "/"), 2);
	assert_int_equal(CORDON("", "forget", "/"), 1);
	assert_non_null(strstr(errors, "leave nothing"));
}

/* A host that needs no setup says so; nothing that was asked wrongly passes for done. */
static void setup__says_when_none_is_needed(void **state)
{
	static const char setting[] = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
	(void)state;
	/* Never but as a trial: this host is not the test's to change. */
	if (access(setting, F_OK) != 0 && access("/etc/apparmor.d/cordon", F_OK) != 0) {
		assert_int_equal(CORDON("", "setup", "--dry-run"), 0);
		assert_non_null(strstr(output, "nothing is needed on this host"));
		assert_int_equal(CORDON("", "setup", "--remove", "--dry-run", "--json"), 0);
		assert_non_null(strstr(output, "\"needed\": false"));
	} else {
		print_message("'%s' is there: not tried\n", setting);
	}
	assert_int_equal(CORDON("", "setup", "--accounts", "few"), 2);
	assert_int_equal(CORDON("", "setup", "--remove", "--user", "me"), 2);
	assert_int_equal(CORDON("", "setup", "now"), 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(run__exits_as_the_command_does),
		TEST(run__out_of_time_exits_124),
		TEST(log__and_report_show_recorded_runs),
		TEST(status_fd__tells_what_happens),
		TEST(refusal__is_told_in_one_line),
		TEST(run__with_wrong_words_exits_125),
		TEST(policy_file__is_named_with_line_and_column),
		TEST(dry_run__prints_the_plan_and_starts_nothing),
		TEST(report__is_written_whatever_happened),
		TEST(report__is_not_led_astray),
		TEST(report__follows_no_link_to_a_file),
		TEST(report__waits_for_no_reader),
		TEST(report__goes_to_devices),
		TEST(report__that_could_not_be_written_is_a_failure),
		TEST(interrupt__twice_ends_the_tree),
		TEST(other_signals__are_passed_on_only),
		TEST(ignored_signals__stay_ignored),
		TEST(signal__before_the_command_runs_ends_it),
		TEST(explain__begins_with_a_sentence),
		TEST(show__names_rules_and_origins),
		TEST(schema__is_json),
		TEST(check__tells_whether_a_file_would_do),
		TEST(check__without_a_file_looks_at_those_in_force),
		TEST(check__takes_a_projects_policy_for_what_it_is),
		TEST(check__notes_rules_without_effect),
		TEST(check__answers_as_json),
		TEST(doctor__has_rows),
		TEST(cordon__alone_has_six_lines_of_help),
		TEST(every_command__has_help),
		TEST(verify__refuses_what_it_cannot_try),
		TEST(commands__that_are_not_there_say_so),
		TEST(forget__names_what_it_is_about),
		TEST(setup__says_when_none_is_needed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
