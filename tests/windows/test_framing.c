#include "backend/windows/framing.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

static const uint8_t account[] = { 1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0,    0, 1, 0,
				   0, 0, 2, 0, 0, 0, 3, 0, 0,  0, 0xe9, 3, 0, 0 };
static const uint8_t everyone[] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
static struct cordon_error err;

static int setup(void **state)
{
	(void)state;
	err = (struct cordon_error)CORDON_ERROR_INIT;
	return 0;
}

static const struct windows_sid account_sid = { account, sizeof account };
static const struct windows_sid everyone_sid = { everyone, sizeof everyone };

static struct frame_start an_order(void)
{
	static char *argv[] = { "node", "", "a \"b\"\n", NULL };
	static char *environment[] = { "PATH=C:\\Windows", "EMPTY=", NULL };
	static struct frame_role restricting[] = { { 4, 0 }, { 4, 1 }, { 5, 0 } };
	static struct frame_role grants[] = { { 1, 0 } };
	static struct windows_sid capabilities[2];
	capabilities[0] = account_sid;
	capabilities[1] = everyone_sid;
	return (struct frame_start){
		.program = "C:\\n\xc3\xb6"
			   "de.exe",
		.directory = "C:\\project",
		.argv = argv,
		.environment = environment,
		.streams = { 0, 0x44, UINT64_C(0x1122334455667788) },
		.mitigations = UINT64_C(1) << 52,
		.console = { 0x50, UINT64_C(0x1122334455667799), 25, FRAME_SIDE_MAX, true },
		.drops_privileges = true,
		.is_write_restricted = true,
		.integrity = 0x1800,
		.restricting = { restricting, COUNT_OF(restricting) },
		.default_grants = { grants, COUNT_OF(grants) },
		.account = account_sid,
		.run = account_sid,
		.capabilities = capabilities,
		.capability_count = COUNT_OF(capabilities),
	};
}

static struct frame the_frame(const struct text *text)
{
	struct frame frame = { 0 };
	size_t needed;
	assert_int_equal(frame_read((const uint8_t *)text_str(text), text->length, &frame, &needed), FRAME_WHOLE);
	assert_int_equal(needed, text->length);
	return frame;
}

static void order__comes_out_as_it_went_in(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	const struct frame_start wanted = an_order();
	struct frame_start read;
	assert_true(frame_write_start(&wanted, &text, &err));
	const struct frame frame = the_frame(&text);
	assert_int_equal(frame.kind, FRAME_START);
	if (!frame_read_start(&frame, &arena, &read, &err))
		fail_msg("%s", err.text);
	assert_string_equal(read.program, wanted.program);
	assert_string_equal(read.directory, wanted.directory);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(read.argv[i], wanted.argv[i]);
		assert_int_equal(read.streams[i], wanted.streams[i]);
	}
	assert_null(read.argv[3]);
	assert_string_equal(read.environment[1], "EMPTY=");
	assert_null(read.environment[2]);
	assert_true(read.drops_privileges && read.is_write_restricted);
	assert_false(read.has_console);
	assert_int_equal(read.console.reads, wanted.console.reads);
	assert_int_equal(read.console.writes, wanted.console.writes);
	assert_int_equal(read.console.rows, 25);
	assert_int_equal(read.console.columns, FRAME_SIDE_MAX);
	assert_true(read.console.is_seen);
	assert_false(read.drops_administrators);
	assert_int_equal(read.integrity, 0x1800);
	assert_int_equal(read.mitigations, wanted.mitigations);
	assert_int_equal(read.restricting.count, 3);
	assert_int_equal(read.restricting.items[1].root, 1);
	assert_int_equal(read.denying_only.count, 0);
	assert_true(windows_sid_equals(read.account, account_sid));
	assert_int_equal(read.capability_count, 2);
	assert_true(windows_sid_equals(read.capabilities[1], everyone_sid));
}

/* Whole, or none: half of one would leave the command with a console that nobody serves. */
static void console__is_whole_or_not_there(void **state)
{
	(void)state;
	static const struct {
		struct frame_console console;
		bool has_console, is_fine;
	} cases[] = {
		{ { 0 }, false, true },
		{ { 0 }, true, true },
		{ { 4, 8, 1, 1, false }, false, true },
		{ { 4, 8, FRAME_SIDE_MAX, FRAME_SIDE_MAX, true }, false, true },
		{ { 4, 8, 1, 1, false }, true, false },
		{ { 4, 0, 1, 1, false }, false, false },
		{ { 0, 8, 1, 1, false }, false, false },
		{ { 4, 8, 0, 1, false }, false, false },
		{ { 4, 8, 1, 0, false }, false, false },
		{ { 4, 8, FRAME_SIDE_MAX + 1, 1, false }, false, false },
		{ { 4, 8, 1, FRAME_SIDE_MAX + 1, false }, false, false },
		{ { 0, 0, 1, 1, false }, false, false },
		{ { 0, 0, 0, 0, true }, false, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		struct frame_start order = an_order();
		order.console = cases[i].console;
		order.has_console = cases[i].has_console;
		if (frame_write_start(&order, &text, &err) != cases[i].is_fine)
			fail_msg("case %zu", i);
	}
}

static void resize__comes_out_as_it_went_in(void **state)
{
	(void)state;
	static const struct frame_resize wrong[] = { { 0, 80 }, { 24, 0 }, { FRAME_SIDE_MAX + 1, 1 }, { 1, 65536 } };
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	CORDON_ON_EXIT(text_free) struct text last = { 0 };
	CORDON_ON_EXIT(text_free) struct text nothing = { 0 };
	struct frame_resize read;
	assert_true(frame_write_resize(&(struct frame_resize){ 1, FRAME_SIDE_MAX }, &order, &err));
	struct frame frame = the_frame(&order);
	assert_true(frame_read_resize(&frame, &read, &err));
	assert_int_equal(read.rows, 1);
	assert_int_equal(read.columns, FRAME_SIDE_MAX);
	for (size_t cut = 0; cut < frame.length; cut++)
		assert_false(frame_read_resize(&(struct frame){ FRAME_RESIZE, frame.bytes, cut }, &read, &err));
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(frame_write_resize(&wrong[i], &nothing, &err));
	assert_int_equal(nothing.length, 0);
	assert_true(frame_write_close(&last, &err));
	frame = the_frame(&last);
	assert_int_equal(frame.kind, FRAME_CLOSE);
	assert_false(frame_read_resize(&frame, &read, &err));
}

/* What is tried of the network, and how it went; a port that is none is no port to try. */
static void reach__comes_out_as_it_went_in(void **state)
{
	(void)state;
	static const struct frame_reach wrong[] = { { 0, 0 }, { 65536, 0 }, { 1, 65536 } };
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	CORDON_ON_EXIT(text_free) struct text answer = { 0 };
	CORDON_ON_EXIT(text_free) struct text nothing = { 0 };
	struct frame_reach read;
	struct frame_reached reached;
	assert_true(frame_write_reach(&(struct frame_reach){ 49152, 65535 }, &order, &err));
	struct frame frame = the_frame(&order);
	assert_true(frame_read_reach(&frame, &read, &err));
	assert_int_equal(read.port, 49152);
	assert_int_equal(read.port_6, 65535);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(frame_write_reach(&wrong[i], &nothing, &err));
	assert_int_equal(nothing.length, 0);

	assert_true(frame_write_reached(&(struct frame_reached){ { 0, 10013, 3, 4 } }, &answer, &err));
	frame = the_frame(&answer);
	assert_true(frame_read_reached(&frame, &reached, &err));
	assert_int_equal(reached.codes[WAY_CONNECT], 0);
	assert_int_equal(reached.codes[WAY_CONNECT_6], 10013);
	assert_int_equal(reached.codes[WAY_LISTEN], 4);
	assert_false(frame_read_reach(&frame, &read, &err));
	for (size_t cut = 0; cut < frame.length; cut++)
		assert_false(frame_read_reached(&(struct frame){ FRAME_REACHED, frame.bytes, cut }, &reached, &err));
}

/* Whose settings are left alone, and the gate's port. */
static void proxy__comes_out_as_it_went_in(void **state)
{
	(void)state;
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	CORDON_ON_EXIT(text_free) struct text nothing = { 0 };
	struct frame_proxy read;
	assert_true(frame_write_proxy(&(struct frame_proxy){ account_sid, 20000 }, &order, &err));
	struct frame frame = the_frame(&order);
	assert_true(frame_read_proxy(&frame, &arena, &read, &err));
	assert_true(windows_sid_equals(read.user, account_sid));
	assert_int_equal(read.port, 20000);
	for (size_t cut = 0; cut < frame.length; cut++)
		assert_false(frame_read_proxy(&(struct frame){ FRAME_PROXY, frame.bytes, cut }, &arena, &read, &err));
	frame.kind = FRAME_REACH;
	assert_false(frame_read_proxy(&frame, &arena, &read, &err));
	assert_false(frame_write_proxy(&(struct frame_proxy){ account_sid, 0 }, &nothing, &err));
	assert_false(frame_write_proxy(&(struct frame_proxy){ account_sid, 65536 }, &nothing, &err));
	assert_false(frame_write_proxy(&(struct frame_proxy){ .port = 20000 }, &nothing, &err));
	assert_int_equal(nothing.length, 0);
}

/* Whoever sends may send less, more or other than he should: every cut and every longer one is refused, or waited for. */
static void order__that_is_cut_or_goes_on_is_none(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	const struct frame_start wanted = an_order();
	struct frame_start read;
	assert_true(frame_write_start(&wanted, &text, &err));
	const uint8_t *bytes = (const uint8_t *)text_str(&text);
	for (size_t cut = 0; cut < text.length; cut++) {
		CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
		struct frame frame;
		size_t needed = 0;
		assert_int_equal(frame_read(bytes, cut, &frame, &needed), FRAME_MORE);
		assert_int_equal(needed, cut < FRAME_HEAD ? FRAME_HEAD : text.length);
		if (cut < FRAME_HEAD)
			continue;
		const struct frame shorter = { FRAME_START, bytes + FRAME_HEAD, cut - FRAME_HEAD };
		assert_false(frame_read_start(&shorter, &arena, &read, &err));
	}
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	text_add_char(&text, 'x');
	const struct frame longer = { FRAME_START, (const uint8_t *)text_str(&text) + FRAME_HEAD,
				      text.length - FRAME_HEAD };
	assert_false(frame_read_start(&longer, &arena, &read, &err));
	assert_non_null(strstr(err.text, "goes on"));
}

static void frame__is_refused_by_its_first_wrong_byte(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[FRAME_HEAD];
		size_t length;
		enum frame_reading expected;
	} cases[] = {
		{ { 0 }, 0, FRAME_MORE },
		{ { 2 }, 1, FRAME_MORE },
		{ { 1 }, 1, FRAME_WRONG }, /* an older runner */
		{ { 3 }, 1, FRAME_WRONG },
		{ { 'H', 'T', 'T', 'P' }, 4, FRAME_WRONG },
		{ { 2, 1 }, 2, FRAME_MORE },
		{ { 2, 0 }, 2, FRAME_WRONG },
		{ { 2, 6, 1, 4, 0, 0 }, 6, FRAME_WRONG }, /* longer than any size */
		{ { 2, 7, 1, 0, 0, 0 }, 6, FRAME_WRONG }, /* has no content */
		{ { 2, 7, 0, 0, 0, 0 }, 6, FRAME_WHOLE },
		{ { 2, 8 }, 2, FRAME_WRONG },
		{ { 2, 128 }, 2, FRAME_WRONG },
		{ { 2, 133 }, 2, FRAME_WRONG },
		{ { 2, 1, 0, 0, 0x10, 0 }, 6, FRAME_MORE },  /* a megabyte */
		{ { 2, 1, 1, 0, 0x10, 0 }, 6, FRAME_WRONG }, /* and one */
		{ { 2, 129, 0, 4, 0, 0 }, 6, FRAME_MORE },   /* what an answer may be */
		{ { 2, 129, 1, 4, 0, 0 }, 6, FRAME_WRONG },  /* and more */
		{ { 2, 130, 1, 0, 0, 0 }, 6, FRAME_WRONG },  /* has no content */
		{ { 2, 130, 0, 0, 0, 0 }, 6, FRAME_WHOLE },
		{ { 2, 129, 0xff, 0xff, 0xff, 0xff }, 6, FRAME_WRONG },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct frame frame;
		size_t needed;
		assert_int_equal(frame_read(cases[i].bytes, cases[i].length, &frame, &needed), cases[i].expected);
	}
}

static void return__comes_out_as_it_went_in(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct frame_place places[] = { { "C:\\a", 1, 2 }, { "D:\\b", 3, UINT64_MAX } };
	const struct frame_return wanted = { account_sid, places, COUNT_OF(places) };
	struct frame_return read;
	assert_true(frame_write_return(&wanted, &text, &err));
	const struct frame frame = the_frame(&text);
	assert_true(frame_read_return(&frame, &arena, &read, &err));
	assert_int_equal(read.place_count, 2);
	assert_string_equal(read.places[1].path, "D:\\b");
	assert_true(read.places[1].inode == UINT64_MAX && read.places[0].device == 1);
	assert_true(windows_sid_equals(read.user, account_sid));
}

static void clean__comes_out_as_it_went_in(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	const struct frame_clean wanted = { account_sid, "C:\\Users\\one" };
	const struct frame_clean nowhere = { account_sid, "" };
	struct frame_clean read;
	assert_false(frame_write_clean(&nowhere, &text, &err));
	assert_true(frame_write_clean(&wanted, &text, &err));
	const struct frame frame = the_frame(&text);
	assert_true(frame_read_clean(&frame, &arena, &read, &err));
	assert_string_equal(read.profile, wanted.profile);
	assert_true(windows_sid_equals(read.user, account_sid));
}

static void answer__comes_out_as_it_went_in(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	const struct frame_started wanted = { 0x40, 0x44, 0x48 };
	const struct frame_started lacking = { 0x40, 0, 0x48 };
	struct frame_started read;
	assert_false(frame_write_started(&lacking, &text, &err));
	assert_true(frame_write_started(&wanted, &text, &err));
	const struct frame frame = the_frame(&text);
	assert_true(frame_read_started(&frame, &read, &err));
	assert_memory_equal(&read, &wanted, sizeof read);
}

/* Words of the runner's end in an error that people read: one line, of nothing but text. */
static void failure__is_told_in_words_that_can_be_printed(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *words, *told;
		uint32_t told_status;
	} cases[] = {
		{ CORDON_NOT_FOUND, "'x' is not found", "'x' is not found", CORDON_NOT_FOUND },
		{ CORDON_OS_FAILED, "two\nlines\x1b[2J", "two lines [2J", CORDON_OS_FAILED },
		{ CORDON_BAD_POLICY, "\xff", "no reason was given", CORDON_OS_FAILED },
		{ CORDON_OS_FAILED, "", "no reason was given", CORDON_OS_FAILED },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
		struct cordon_error why = CORDON_ERROR_INIT;
		struct frame_failed read;
		why.status = cases[i].status;
		why.os_code = 5;
		strcpy(why.text, cases[i].words);
		assert_true(frame_write_failed(&why, &text, &err));
		const struct frame frame = the_frame(&text);
		assert_true(frame_read_failed(&frame, &arena, &read, &err));
		assert_string_equal(read.text, cases[i].told);
		assert_int_equal(read.status, cases[i].told_status);
		assert_int_equal(read.os_code, 5);
	}
}

/* Cut between characters, however long it is. */
static void failure__that_is_long_is_cut(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
		struct cordon_error why = CORDON_ERROR_INIT;
		struct frame_failed read;
		why.status = CORDON_UNSUPPORTED;
		for (size_t i = 0; i < shift; i++)
			why.text[i] = 'a';
		for (size_t i = shift; i + 3 < sizeof why.text; i += 3)
			memcpy(why.text + i, "\xe2\x82\xac", 3);
		assert_true(frame_write_failed(&why, &text, &err));
		const struct frame frame = the_frame(&text);
		assert_true(frame_read_failed(&frame, &arena, &read, &err));
		assert_in_range(strlen(read.text), FRAME_WORDS_MAX - 2, FRAME_WORDS_MAX);
	}
}

/* What a runner that somebody took over might claim. */
static void failure__made_up_is_refused(void **state)
{
	(void)state;
	static const char *const contents[] = {
		"\x05\0\0\0"
		"\0\0\0\0"
		"\0\0\0\0", /* no words */
		"\x00\0\0\0"
		"\0\0\0\0"
		"\1\0\0\0x", /* that all is well */
		"\x05\0\0\0"
		"\0\0\0\0"
		"\2\0\0\0x\n", /* two lines */
		"\x05\0\0\0"
		"\0\0\0\0"
		"\3\0\0\0\xed\xa0\x80", /* half a character */
		"\x05\0\0\0"
		"\0\0\0\0"
		"\xff\xff\xff\xffx", /* more than there is */
	};
	static const size_t lengths[] = { 12, 13, 14, 15, 13 };
	for (size_t i = 0; i < COUNT_OF(contents); i++) {
		CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
		const struct frame frame = { FRAME_FAILED, (const uint8_t *)contents[i], lengths[i] };
		struct frame_failed read;
		assert_false(frame_read_failed(&frame, &arena, &read, &err));
		assert_int_equal(err.status, CORDON_BAD_USAGE);
	}
}

static void order__that_is_too_long_is_not_sent(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(free_text) char *most = malloc(FRAME_MAX + 1);
	struct frame_start order = an_order();
	assert_non_null(most);
	memset(most, 'x', FRAME_MAX);
	most[FRAME_MAX] = 0;
	char *environment[] = { most, NULL };
	order.environment = environment;
	assert_false(frame_write_start(&order, &text, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_int_equal(text.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(order__comes_out_as_it_went_in, setup),
		cmocka_unit_test_setup(reach__comes_out_as_it_went_in, setup),
		cmocka_unit_test_setup(proxy__comes_out_as_it_went_in, setup),
		cmocka_unit_test_setup(console__is_whole_or_not_there, setup),
		cmocka_unit_test_setup(resize__comes_out_as_it_went_in, setup),
		cmocka_unit_test_setup(order__that_is_cut_or_goes_on_is_none, setup),
		cmocka_unit_test_setup(order__that_is_too_long_is_not_sent, setup),
		cmocka_unit_test_setup(frame__is_refused_by_its_first_wrong_byte, setup),
		cmocka_unit_test_setup(return__comes_out_as_it_went_in, setup),
		cmocka_unit_test_setup(clean__comes_out_as_it_went_in, setup),
		cmocka_unit_test_setup(answer__comes_out_as_it_went_in, setup),
		cmocka_unit_test_setup(failure__is_told_in_words_that_can_be_printed, setup),
		cmocka_unit_test_setup(failure__that_is_long_is_cut, setup),
		cmocka_unit_test_setup(failure__made_up_is_refused, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
