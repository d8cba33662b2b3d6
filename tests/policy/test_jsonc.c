#include "policy/jsonc.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/scope.h"
#include "base/text.h"
#include "check.h"

static bool parse(const char *text, size_t length, struct cordon_error *err)
{
	CORDON_ON_EXIT(jsonc_free_at) struct jsonc *document = NULL;
	/* An exact copy, so that the sanitizer sees a read behind the end. */
	CORDON_ON_EXIT(free_text) char *exact = malloc(length + (length == 0));
	assert_non_null(exact);
	memcpy(exact, text, length);
	bool is_fine = jsonc_parse("p.json", exact, length, &document, err);
	assert_true(is_fine == (document != NULL));
	return is_fine;
}

/* What people write is read. */
static void jsonc__reads_comments_and_trailing_commas(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{}",
		"  {  }  \n",
		"{} // end",
		"// start\n{}",
		"/* a */ { /* b */ } /* c */",
		"/***/{}",
		"/**/{}",
		"{\"a\": 1,}",
		"{\"a\": [1, 2,],}",
		"{\"a\": [1, /* x */ 2, // y\n ], /* z */ }",
		"{\"a\": \"// no comment\", \"b\": \"/* none */\"}",
		"{\"a\": \"\\\"// quoted\", \"b\": \"\\\\\"}",
		"{\"a\": \"x,]\", \"b\": \"y,}\"}",
		"{\"a\": true, \"b\": false, \"c\": null}",
		"{\"a\": -1.5e3}",
		"{\"\\u00e9\": \"\\ud83d\\ude00\"}",
		"{\"\xc3\xa9\": \"\xf0\x9f\x98\x80\"}",
		"\xef\xbb\xbf{\"a\": 1}",
		"{\r\n\"a\": 1\r\n}\r\n",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		if (!parse(good[i], strlen(good[i]), &err))
			fail_msg("%s: %d:%d %s", good[i], err.line, err.column, err.text);
	}
}

/* A broken file is an error at the place where it breaks, never a policy of what came before. */
static void jsonc__refuses_with_the_exact_place(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line, column;
	} bad[] = {
		{ "", 0, 0 },
		{ "  \n\t", 0, 0 },
		{ "// only a comment", 0, 0 },
		{ "[]", 1, 1 },
		{ "1", 1, 1 },
		{ "\"text\"", 1, 1 },
		{ "{", 1, 1 },
		{ "{\"a\": 1", 1, 7 },
		{ "{\"a\": 1}}", 1, 9 },
		{ "{\"a\": 1} x", 1, 10 },
		{ "{\"a\" 1}", 1, 6 },
		{ "{\"a\": 1 \"b\": 2}", 1, 9 },
		{ "{a: 1}", 1, 2 },
		{ "{'a': 1}", 1, 2 },
		{ "{,}", 1, 2 },
		{ "{\"a\": [,]}", 1, 8 },
		{ "{\"a\": [1,,]}", 1, 10 },
		{ "{\"a\":,}", 1, 6 },
		{ "{\"a\",}", 1, 6 },
		{ "{\n  \"a\": 1,\n  \"b\": 01\n}", 3, 8 },
		{ "{\n  \"a\": 1,\n  \"a\": 2\n}", 3, 3 },
		{ "{\"a\": 1, /* x\n */ \"a\": 2}", 2, 5 },
		{ "{\"x\": {\"a\": 1, \"a\": 2}}", 1, 16 },
		{ "{\"\\u0061\": 1, \"a\": 2}", 1, 15 },
		{ "{\"a\": nul}", 1, 7 },
		{ "{\"a\": NaN}", 1, 7 },
		{ "{\"a\": +1}", 1, 7 },
		{ "{\"a\": 99999999999999999999}", 1, 7 },
		{ "{\"a\": \"x\\q\"}", 1, 7 },
		{ "{\"a\": \"x\\u0000\"}", 1, 7 },
		{ "{\"a\": \"\\ud800\"}", 1, 7 },
		{ "{\"a\": \"x\ny\"}", 1, 7 },
		{ "{\"a\": \"x", 1, 7 },
		{ "/", 1, 1 },
		{ "{} /", 1, 4 },
		{ "{\n /* never closed", 2, 2 },
		{ "{} /*/", 1, 4 },
		{ "{\"a\": /* x */ /* y", 1, 15 },
		{ "# {}\n{}", 1, 1 },
		{ "{\"a\": \"\xff\"}", 1, 8 },
		{ "{\n\"a\": \"\xc0\xaf\"}", 2, 7 },
		{ "{\"a\": \"\xed\xa0\x80\"}", 1, 8 },
		{ "{\"a\": \"\xf5\x80\x80\x80\"}", 1, 8 },
		{ "{} // \xe9", 1, 7 },
		{ "\xff\xfe{\0}\0", 1, 1 },
		{ "\xef\xbb\xbf", 0, 0 },
		{ "\xef\xbb\xbf\xef\xbb\xbf{}", 1, 1 },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		if (parse(bad[i].text, strlen(bad[i].text), &err))
			fail_msg("accepted: %s", bad[i].text);
		assert_int_equal(err.status, CORDON_BAD_POLICY);
		assert_string_equal(err.file, "p.json");
		if (err.line != bad[i].line || err.column != bad[i].column)
			fail_msg("%s: %d:%d (%s), wanted %d:%d", bad[i].text, err.line, err.column, err.text,
				 bad[i].line, bad[i].column);
	}
}

/* A NUL would end the text for whoever reads it as a string: what follows must not be there unseen. */
static void jsonc__refuses_zero_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {
		{ "{\"a\": 1}\0", 9 },
		{ "{\"a\": \"x\0y\"}", 12 },
		{ "{} // x\0y", 9 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		assert_false(parse(cases[i].text, cases[i].length, &err));
		assert_int_equal(err.line, 1);
	}
}

static void add_repeated(struct text *text, const char *part, size_t bytes)
{
	while (text->length + strlen(part) < bytes)
		text_add(text, part);
}

/* The attack: a file that exhausts the stack, or makes reading quadratic. Each ends with an error within a second. */
static void jsonc__bounds_time_and_stack(void **state)
{
	(void)state;
	static const struct {
		const char *start, *part, *end;
	} cases[] = {
		{ "", "[", "" },
		{ "", "{\"a\":", "" },
		{ "{\"a\":[", "[],", "1]}" },
		{ "{\"a\":[", "{},", "1]}" },
		{ "{\"a\":[", "1,", "1]}" },
		{ "{\"a\":[", "\"\",", "1]}" },
		{ "{", "\"a\":1,", "}" },
		{ "", "]", "" },
		{ "", "/**/", "" },
		{ "", "//\n", "" },
		{ "", "/", "" },
		{ "", "\"", "" },
		{ "", ",", "" },
		{ "{\"a\":", "/*", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		text_add(&text, cases[i].start);
		add_repeated(&text, cases[i].part, JSONC_LENGTH_MAX - 64);
		text_add(&text, cases[i].end);
		clock_t before = clock();
		assert_false(parse(text_str(&text), text.length, &err));
		assert_int_equal(err.status, CORDON_BAD_POLICY);
		double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
		if (seconds > 1.0)
			fail_msg("%s…: %.1f s", cases[i].part, seconds);
	}
}

static void jsonc__refuses_more_than_its_bounds(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	text_add(&text, "{}");
	while (text.length < JSONC_LENGTH_MAX)
		text_add_char(&text, ' ');
	assert_true(parse(text_str(&text), text.length, &err));
	text_add_char(&text, ' ');
	assert_false(parse(text_str(&text), text.length, &err));

	static const char deepest[] = "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}";
	static const char deeper[] = "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}";
	assert_true(parse(deepest, strlen(deepest), &err));
	assert_false(parse(deeper, strlen(deeper), &err));
	assert_int_equal(err.column, 21);
}

/* Every value and key has its own place, whatever stands before it. */
static void jsonc__tells_where_values_stand(void **state)
{
	(void)state;
	static const char text[] = "{ // \xc3\xa9\n"
				   "\t\"a\" : 12, /* , */ \"b\":\"\\n\",\n"
				   "  \"\\u0063\": [ true,\n"
				   "-0.5e1,],\n"
				   "}";
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(jsonc_free_at) struct jsonc *document = NULL;
	assert_true(jsonc_parse("p", text, strlen(text), &document, &err));

	const struct jsonc_node *root = jsonc_root(document);
	assert_int_equal(root->line, 1);
	assert_int_equal(root->column, 1);
	assert_null(root->next);

	const struct jsonc_node *a = root->child;
	assert_string_equal(a->key, "a");
	assert_int_equal(a->key_line, 2);
	assert_int_equal(a->key_column, 2);
	assert_int_equal(a->column, 8);
	assert_int_equal(a->type, JSONC_NUMBER);
	assert_string_equal(a->text, "12");

	const struct jsonc_node *b = a->next;
	assert_int_equal(b->key_column, 20);
	assert_int_equal(b->column, 24);
	assert_int_equal(b->type, JSONC_STRING);
	assert_string_equal(b->text, "\n");

	const struct jsonc_node *c = b->next;
	assert_string_equal(c->key, "c");
	assert_int_equal(c->key_line, 3);
	assert_int_equal(c->type, JSONC_LIST);
	assert_int_equal(c->column, 13);
	assert_null(c->text);
	assert_null(c->next);
	assert_int_equal(c->child->type, JSONC_WORD);
	assert_string_equal(c->child->text, "true");
	assert_int_equal(c->child->next->line, 4);
	assert_int_equal(c->child->next->column, 1);
	assert_string_equal(c->child->next->text, "-0.5e1");
	assert_null(c->child->next->next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jsonc__reads_comments_and_trailing_commas),
		cmocka_unit_test(jsonc__refuses_with_the_exact_place),
		cmocka_unit_test(jsonc__refuses_zero_bytes),
		cmocka_unit_test(jsonc__bounds_time_and_stack),
		cmocka_unit_test(jsonc__refuses_more_than_its_bounds),
		cmocka_unit_test(jsonc__tells_where_values_stand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
