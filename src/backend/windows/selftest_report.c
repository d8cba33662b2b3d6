/* The report is sent on by whoever ran this: no name of theirs is in it. */
#include "backend/windows/selftest.h"

#include <stdio.h>
#include <stdlib.h>

#include "backend/windows/selftest_redact.h"
#include "base/list.h"
#include "base/scope.h"

static unsigned number, failures, skips;

static struct redaction redactions[] = {
	{ NULL, "<user>" }, { NULL, "<host>" }, { NULL, "<host>" }, { NULL, "<domain>" }
};

static void print_line(const char *front, const char *words)
{
	CORDON_ON_EXIT(text_free) struct text line = { 0 };
	redact(words, redactions, COUNT_OF(redactions), &line);
	printf("%s%s\n", front, text_str(&line));
	fflush(stdout);
}

void report_begin(struct selftest *test, unsigned planned)
{
	static const char *const names[] = { "USERNAME", "COMPUTERNAME", "USERDNSDOMAIN", "USERDOMAIN" };
	(void)test;
	for (size_t i = 0; i < COUNT_OF(redactions); i++)
		redactions[i].word = getenv(names[i]);
	printf("1..%u\n", planned);
}

void report_note(const char *format, ...)
{
	char words[2000];
	va_list args;
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	print_line("# ", words);
}

void report_case(const char *name, enum result verdict, const char *what)
{
	CORDON_ON_EXIT(text_free) struct text why = { 0 };
	number++;
	failures += verdict == FAILS;
	skips += verdict == SKIPPED;
	if (verdict == SKIPPED) {
		redact(what && what[0] ? what : "it was not said why", redactions, COUNT_OF(redactions), &why);
		printf("ok %u - %s # SKIP %s\n", number, name, text_str(&why));
	} else {
		printf("%sok %u - %s\n", verdict == FAILS ? "not " : "", number, name);
	}
	fflush(stdout);
	if (verdict != SKIPPED && what && what[0])
		print_line(verdict == FAILS ? "#   " : "#   seen: ", what);
}

unsigned report_end(void)
{
	printf("# %u held, %u did not, %u not tried; send this report to whom you have cordon from\n",
	       number - failures - skips, failures, skips);
	return failures;
}
