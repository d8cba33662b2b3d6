/* Programs of Windows that others have made (tools/windows-programs), as the commands of runs. Each takes its command line
 * apart, reads, writes and starts others as its language's runtime does, which is not as this project's programs do. The
 * token restricts nothing, as in the other tests of plumbing.
 */
#include "world.h"

#include "base/scope.h"

enum { WHOLE = 20 << 20, BLOCK = 65536, STATUS = 0x40001234 };

static HANDLE open_file(const char *name, DWORD disposition)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	HANDLE file = CreateFileA(in_scratch("%s", name), GENERIC_READ | GENERIC_WRITE,
				  FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, disposition, 0, NULL);
	assert_true(file != INVALID_HANDLE_VALUE);
	return file;
}

/* The three streams are files in the scratch folder, or NULL; what is printed goes through cordon, which counts it. */
static struct cage_event run(const char *in, const char *out, const char *error, char *const *argv)
{
	CORDON_ON_EXIT(close_handle) HANDLE from = in ? open_file(in, OPEN_EXISTING) : NULL;
	CORDON_ON_EXIT(close_handle) HANDLE to = out ? open_file(out, CREATE_ALWAYS) : NULL;
	CORDON_ON_EXIT(close_handle) HANDLE aside = error ? open_file(error, CREATE_ALWAYS) : NULL;
	const struct handover handover = { .streams = { (int)(intptr_t)from, (int)(intptr_t)to,
							(int)(intptr_t)aside } };
	plan.limits[LIMIT_OUTPUT] = (struct limit_setting){ .is_set = true, .value = UINT64_C(1) << 30 };
	struct cage *cage = start_run(&handover, argv);
	const struct cage_event event = await_end(cage);
	backend_native.discard(cage);
	return event;
}

static void read_scratch(const char *name, struct text *ret_text)
{
	if (!os_read_file(in_scratch("%s", name), WHOLE + 1, ret_text, &err))
		fail_msg("%s", err.text);
}

static void expect_text(const char *name, const char *expected)
{
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	read_scratch(name, &told);
	assert_string_equal(text_str(&told), expected);
}

/* -- arguments ----------------------------------------------------------------------------------------------------- */

/* node takes its line apart by the C runtime's rules and tells what it got, as JSON. */
static void arguments__arrive_at_node(void **state)
{
	(void)state;
	static char script[] = "require('fs').writeFileSync('argv.json', JSON.stringify(process.argv.slice(1)))";
	char *node = find_program("node.exe");
	char *const argv[] = {
		node,        "-e",     script,      "--",           "",     "a b",   "\"",           "\\", "a\\\"b",
		"C:\\x y\\", "%PATH%", "a&b|c>d^e", "\xe2\x82\xac", "\n\t", "--x=y", "\\\\\\\"\\\\", "'",  NULL,
	};
	if (!node)
		skip();
	assert_int_equal(run(NULL, NULL, NULL, argv).exit.code, 0);
	expect_text("argv.json",
		    "[\"\",\"a b\",\"\\\"\",\"\\\\\",\"a\\\\\\\"b\",\"C:\\\\x y\\\\\",\"%PATH%\",\"a&b|c>d^e\","
		    "\"\xe2\x82\xac\",\"\\n\\t\",\"--x=y\",\"\\\\\\\\\\\\\\\"\\\\\\\\\",\"'\"]");
}

/* esbuild has Go take its line apart, and prints what it was told that a name stands for. */
static void arguments__arrive_at_a_program_of_go(void **state)
{
	(void)state;
	static const struct {
		const char *value, *printed; /* as JavaScript writes it */
	} cases[] = {
		{ "\"a b\"", "\"a b\"" },
		{ "\"\\\"\"", "'\"'" },
		{ "\"\\\\\"", "\"\\\\\"" },
		{ "\"C:\\\\x y\\\\\"", "\"C:\\\\x y\\\\\"" },
		{ "\"%PATH%&|^>\"", "\"%PATH%&|^>\"" },
		{ "\"\xe2\x82\xac \xf0\x9f\x98\x80\"", "\"\xe2\x82\xac \xf0\x9f\x98\x80\"" },
	};
	char *esbuild = find_program("esbuild.exe");
	if (!esbuild)
		skip();
	write_file(in_scratch("in.js"), "f(X)");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(free_text) char *define = text_format("--define:X=%s", cases[i].value);
		CORDON_ON_EXIT(free_text) char *expected = text_format("f(%s);\n", cases[i].printed);
		char *const argv[] = { esbuild, "--charset=utf8", define, NULL };
		assert_int_equal(run("in.js", "out.js", "error.txt", argv).exit.code, 0);
		expect_text("out.js", expected);
	}
}

/* -- streams and exit statuses ------------------------------------------------------------------------------------- */

/* node writes to a pipe as programs of Windows do, overlapped where it may. */
static void output__of_node_is_whole_and_its_status_has_32_bits(void **state)
{
	(void)state;
	static char script[] =
		"const b = Buffer.alloc(20 << 20); for (let i = 0; i < b.length; i++) b[i] = i * 7 + (i >> 8);"
		"process.exitCode = 0x40001234; process.stdout.write(b)";
	char *node = find_program("node.exe");
	char *const argv[] = { node, "-e", script, NULL };
	if (!node)
		skip();
	const struct cage_event event = run(NULL, "node.bin", NULL, argv);
	assert_int_equal(event.exit.code, STATUS);
	assert_int_equal(event.exit.usage.output_bytes, WHOLE);
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	read_scratch("node.bin", &told);
	assert_int_equal(told.length, WHOLE);
	for (uint32_t i = 0; i < WHOLE; i++)
		if ((uint8_t)told.bytes[i] != (uint8_t)(i * 7 + (i >> 8)))
			fail_msg("byte %u", i);
}

/* There and back through the streams: what comes out in the end is what went in. */
static void streams__of_7za_are_byte_exact(void **state)
{
	(void)state;
	static uint8_t block[BLOCK];
	char *archiver = find_program("7za.exe");
	char *const pack[] = { archiver, "a", "-tgzip", "-mx1", "-si", "-so", "-an", NULL };
	char *const unpack[] = { archiver, "x", "-tgzip", "-si", "-so", "-an", NULL };
	if (!archiver)
		skip();
	FILE *file = fopen(in_scratch("plain.bin"), "wb");
	assert_non_null(file);
	for (uint32_t i = 0, chance = 1; i < WHOLE; i++) {
		chance = chance * 1664525u + 1013904223u;
		block[i % BLOCK] = i & 0x100 ? (uint8_t)(chance >> 24) : '\n';
		if (i % BLOCK == BLOCK - 1)
			assert_int_equal(fwrite(block, 1, BLOCK, file), BLOCK);
	}
	assert_int_equal(fclose(file), 0);
	assert_int_equal(run("plain.bin", "plain.gz", NULL, pack).exit.code, 0);
	assert_int_equal(run("plain.gz", "again.bin", NULL, unpack).exit.code, 0);
	CORDON_ON_EXIT(text_free) struct text packed = { 0 };
	CORDON_ON_EXIT(text_free) struct text plain = { 0 };
	CORDON_ON_EXIT(text_free) struct text again = { 0 };
	read_scratch("plain.gz", &packed);
	read_scratch("plain.bin", &plain);
	read_scratch("again.bin", &again);
	assert_true(packed.length < plain.length && packed.length > WHOLE / 4);
	assert_int_equal(again.length, WHOLE);
	assert_memory_equal(again.bytes, plain.bytes, WHOLE);
}

/* A small job in the workspace; what is wrong goes to one stream alone. */
static void esbuild__bundles_and_says_what_is_wrong(void **state)
{
	(void)state;
	char *esbuild = find_program("esbuild.exe");
	char *const bundle[] = {
		esbuild, "main.js", "--bundle", "--outfile=built\\main.js", "--log-level=error", NULL
	};
	char *const wrong[] = { esbuild, "wrong.js", NULL };
	if (!esbuild)
		skip();
	write_file(in_scratch("part.js"), "export const part = 'of two'");
	write_file(in_scratch("main.js"), "import { part } from './part.js'; console.log(part)");
	write_file(in_scratch("wrong.js"), "let = = 1");
	assert_int_equal(run(NULL, "out.txt", "error.txt", bundle).exit.code, 0);
	CORDON_ON_EXIT(text_free) struct text built = { 0 };
	read_scratch("built\\main.js", &built);
	assert_non_null(strstr(text_str(&built), "of two"));
	assert_null(strstr(text_str(&built), "import"));
	assert_int_equal(run(NULL, "out.txt", "error.txt", wrong).exit.code, 1);
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	expect_text("out.txt", "");
	read_scratch("error.txt", &told);
	assert_non_null(strstr(text_str(&told), "wrong.js:1:6"));
}

/* -- the tree ------------------------------------------------------------------------------------------------------ */

/* Starts another node that nothing ties to it, tells its number and ends. */
static char leaving[] =
	"const { spawn } = require('child_process');"
	"const left = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)'], { detached: true, stdio: 'ignore' });"
	"left.unref(); require('fs').writeFileSync('left.txt', String(left.pid))";

static HANDLE open_left(void)
{
	CORDON_ON_EXIT(text_free) struct text number = { 0 };
	read_scratch("left.txt", &number);
	return OpenProcess(SYNCHRONIZE | PROCESS_TERMINATE, FALSE, strtoul(text_str(&number), NULL, 10));
}

/* First that it does outlive its parent where nobody holds it. */
static void tree__of_node_ends_with_the_run(void **state)
{
	(void)state;
	char line[3000];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION outside;
	char *node = find_program("node.exe");
	char *const argv[] = { node, "-e", leaving, NULL };
	if (!node)
		skip();
	snprintf(line, sizeof line, "\"%s\" -e \"%s\"", node, leaving);
	assert_true(CreateProcessA(node, line, NULL, NULL, FALSE, 0, NULL, scratch, &about, &outside));
	assert_int_equal(WaitForSingleObject(outside.hProcess, EVENT_MS), WAIT_OBJECT_0);
	CloseHandle(outside.hThread);
	CloseHandle(outside.hProcess);
	CORDON_ON_EXIT(close_handle) HANDLE lives = open_left();
	assert_non_null(lives);
	assert_int_equal(WaitForSingleObject(lives, 500), WAIT_TIMEOUT);
	assert_true(TerminateProcess(lives, 0));
	assert_true(DeleteFileA(in_scratch("left.txt")));

	assert_int_equal(run(NULL, NULL, NULL, argv).exit.code, 0);
	CORDON_ON_EXIT(close_handle) HANDLE left = open_left();
	assert_true(!left || WaitForSingleObject(left, 0) == WAIT_OBJECT_0);
}

/* A build as tools do it: one program has another work for it, and hears it by pipes. */
static void node__hears_what_its_child_prints(void **state)
{
	(void)state;
	static char script[] =
		"const built = require('child_process').execFileSync(process.argv[1], ['--minify'], { input: 'let a  =  1 + 1' });"
		"require('fs').writeFileSync('heard.txt', built)";
	char *node = find_program("node.exe");
	char *const argv[] = { node, "-e", script, node ? find_program("esbuild.exe") : NULL, NULL };
	if (!node)
		skip();
	assert_int_equal(run(NULL, NULL, NULL, argv).exit.code, 0);
	expect_text("heard.txt", "let a=2;\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(arguments__arrive_at_node, setup_plan),
		cmocka_unit_test_setup(arguments__arrive_at_a_program_of_go, setup_plan),
		cmocka_unit_test_setup(output__of_node_is_whole_and_its_status_has_32_bits, setup_plan),
		cmocka_unit_test_setup(streams__of_7za_are_byte_exact, setup_plan),
		cmocka_unit_test_setup(esbuild__bundles_and_says_what_is_wrong, setup_plan),
		cmocka_unit_test_setup(tree__of_node_ends_with_the_run, setup_plan),
		cmocka_unit_test_setup(node__hears_what_its_child_prints, setup_plan),
	};
	return cmocka_run_group_tests(tests, setup_world, teardown_world);
}
