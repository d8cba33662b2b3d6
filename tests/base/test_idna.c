#include "base/idna.h"

#include <string.h>

#include "base/list.h"
#include "base/punycode.h"
#include "check.h"

/* Scripts of each kind. What they are written as says the codec `punycode` of Python. */
static void idna__writes_letters_as_dns_has_them(void **state)
{
	(void)state;
	static const struct {
		const char *letters, *name;
	} cases[] = {
		{ "müller.example", "xn--mller-kva.example" },
		{ "bücher.straße.example", "xn--bcher-kva.xn--strae-oqa.example" },
		{ "почему.рф", "xn--e1aoedxv.xn--p1ai" },
		{ "他们为什么不说中文.example", "xn--ihqwcrb4cv8a8dqg056pqjye.example" },
		{ "パフィーdeルンバ.example", "xn--de-jg4avhby1noc0d.example" },
		{ "안녕.example", "xn--o70b819a.example" },
		{ "יהוסף.example", "xn--8dbck8ak.example" },
		{ "ελλάς.example", "xn--hxarsa0b.example" },
		{ "l·l.example", "xn--ll-0ea.example" },
		{ "நாகை.example", "xn--clc1bydwb.example" },
		{ "क्‍ष.example", "xn--11b2ezcw70k.example" },
		{ "𐓘.example", "xn--io8c.example" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[HOST_NAME_SIZE], again[HOST_NAME_SIZE], letters[IDNA_TEXT_SIZE], why[IDNA_WHY_SIZE];
		if (!idna_to_ascii(cases[i].letters, name, why))
			fail_msg("%s: %s", cases[i].letters, why);
		assert_string_equal(name, cases[i].name);
		assert_true(idna_to_ascii(name, again, why));
		assert_string_equal(again, name);
		assert_true(idna_to_unicode(name, letters));
		assert_string_equal(letters, cases[i].letters);
	}
}

/* What is no international name is left alone, whatever it is: others judge that. */
static void idna__leaves_ascii_as_it_is(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"example.org", "Example.ORG", "r3---sn-4g5e.example", "_dmarc.example", "3com.com", "xn--", "", "a..b",
		"ab--c.d",     "127.0.0.1"
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[HOST_NAME_SIZE], letters[IDNA_TEXT_SIZE], why[IDNA_WHY_SIZE];
		assert_true(idna_to_ascii(cases[i], name, why));
		assert_string_equal(name, cases[i]);
		assert_false(idna_to_unicode(cases[i], letters));
	}
}

/* What one program maps, the next refuses and a third sends as it is names no host: and the person is told which letter
 * it is.
 */
static void idna__refuses_what_has_another_form(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "Über.example", "'Ü' (U+00DC) is not allowed" },
		{ "BüCHER.example", "'B' (U+0042) is not allowed" },
		{ "mu\xcc\x88ller.example", "stand apart" },
		{ "a\xcc\x88\xcc\xa3.example", "stand apart" }, /* marks out of order */
		{ "ä\xcc\xa3.example", "stand apart" },         /* in order, until the letter is taken apart */
		{ "\xcc\x88"
		  "ber.example",
		  "(U+0308) is a mark" },
		{ "ｅxample.example", "(U+FF45) is not allowed" },
		{ "ﬁne.example", "(U+FB01) is not allowed" },
		{ "ü。example", "(U+3002) is not allowed" },
		{ "i❤.example", "(U+2764) is not allowed" },
		{ "bü cher.example", "' ' (U+0020) is not allowed" },
		{ "bü_cher.example", "'_' (U+005F) is not allowed" },
		{ "bü\x01.example", "'\\x01' (U+0001) is not allowed" },
		{ "a\xe2\x80\x8b"
		  "bü.example",
		  "'\\u200b' (U+200B) is not allowed" },
		{ "ab\xe2\x80\xae"
		  "ü.example",
		  "'\\u202e' (U+202E) is not allowed" },
		{ "\xf4\x8f\xbf\xbfü.example", "(U+10FFFF) is not allowed" },
		{ "-ü.example", "no hyphen" },
		{ "ü-.example", "no hyphen" },
		{ "aü--b.example", "no hyphen" },
		{ "xn--ü.example", "no hyphen" },
		{ "a\xe2\x80\x8d"
		  "b.example",
		  "(U+200D) may not stand there" },
		{ "بی\xe2\x80\x8c"
		  "بی.example",
		  "(U+200C) may not stand there" },
		{ "a·l.example", "(U+00B7) may not stand there" },
		{ "͵a.example", "(U+0375) may not stand there" },
		{ "a・b.example", "(U+30FB) may not stand there" },
		{ "ب١۱.example", "(U+0661) may not stand there" },
		{ "aא.example", "mixes directions" },
		{ "אa.example", "mixes directions" },
		{ "א1١.example", "mixes directions" },
		{ "1א.example", "mixes directions" },
		{ "א.3com.example", "mixes directions" }, /* which would show as 3.אcom */
		{ "b\xfc"
		  "cher.example",
		  "not UTF-8" },
		{ "b\xc0\xaf.example", "not UTF-8" },
		{ "b\xed\xa0\x80.example", "not UTF-8" },
		{ "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü.example", "too long" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaü.example", "too long" },
		/* "xn--" in front of what is none */
		{ "xn--a.example", "(U+0080) is not allowed" },
		{ "xn--0.example", "behind \"xn--\"" },
		{ "xn--abc-.example", "behind \"xn--\"" },
		{ "xn--99999999.example", "behind \"xn--\"" },
		{ "xn--ber-ska.example", "'Ü' (U+00DC) is not allowed" },
		{ "xn--muller-xyd.example", "stand apart" },
		{ "xn--i-7iq.example", "(U+2764) is not allowed" },
		{ "xn--a b-.example", "behind \"xn--\"" },
		{ "xn--bcher-kva-.example", "behind \"xn--\"" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[HOST_NAME_SIZE], why[IDNA_WHY_SIZE] = "";
		if (idna_to_ascii(cases[i].text, name, why))
			fail_msg("accepted: %s as %s", cases[i].text, name);
		if (cases[i].why && !strstr(why, cases[i].why))
			fail_msg("%s: %s", cases[i].text, why);
	}
}

/* A name that DNS has room for, and one byte more. */
static void idna__keeps_to_the_length_of_names(void **state)
{
	(void)state;
	char text[4 * HOST_NAME_SIZE] = "", name[HOST_NAME_SIZE], letters[IDNA_TEXT_SIZE], why[IDNA_WHY_SIZE];
	for (int i = 0; i < 31; i++)
		strcat(text, "ü."); /* xn--tda. */
	strcat(text, "aaaaa");
	assert_true(idna_to_ascii(text, name, why));
	assert_int_equal(strlen(name), HOST_NAME_LENGTH);
	assert_true(idna_to_unicode(name, letters));
	assert_string_equal(letters, text);
	strcat(text, "a");
	assert_false(idna_to_ascii(text, name, why));
	assert_non_null(strstr(why, "253"));
}

/* Numbers that grow past every bound, and letters behind the last one. */
static void punycode__cannot_be_made_to_overflow(void **state)
{
	(void)state;
	static const char *const cases[] = { "99999999999", "a9999999999a", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
					     "-",           "--",           "a-\xff",
					     "A",           "tda tda",      "ls8h=" };
	uint32_t points[8];
	size_t count;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (punycode_decode(cases[i], strlen(cases[i]), points, COUNT_OF(points), &count) && count > 0)
			for (size_t at = 0; at < count; at++)
				assert_true(points[at] <= 0x10ffff);
	assert_false(punycode_decode("99999999999", 11, points, COUNT_OF(points), &count));
	assert_false(punycode_decode("abcdefghi-tda", 13, points, COUNT_OF(points), &count)); /* no room */
	char text[4];
	assert_false(punycode_encode((const uint32_t[]){ 0x10ffff, 'a', 'b' }, 3, text, sizeof text, &count));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idna__writes_letters_as_dns_has_them),
		cmocka_unit_test(idna__leaves_ascii_as_it_is),
		cmocka_unit_test(idna__refuses_what_has_another_form),
		cmocka_unit_test(idna__keeps_to_the_length_of_names),
		cmocka_unit_test(punycode__cannot_be_made_to_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
