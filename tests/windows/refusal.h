/* tests/windows/refusal.h: an error of the system is told whole. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "check.h"

/* "<what was being done>: <words> (<api>: error N)…": the call and its code once, behind words, and no code but that. */
static inline void expect_refusal(const struct cordon_error *err, const char *api, unsigned code)
{
	char told[200];
	snprintf(told, sizeof told, code < 0x80000000 ? " (%s: error %u)" : " (%s: error 0x%08x)", api, code);
	const char *at = strstr(err->text, told);
	const char *colon = strstr(err->text, ": ");
	if (!at || !colon || colon == err->text || colon + 2 >= at)
		fail_msg("'%s' has no '…: …%s'", err->text, told);
	if (strstr(err->text, "error ") != strstr(at, "error ") || strstr(at + strlen(told), "error "))
		fail_msg("'%s' has a code more than '%s'", err->text, told);
	assert_int_equal(err->os_code, code);
}
