/* fuzz/fuzz.h: what the targets share.
 *
 * A target is a file that defines LLVMFuzzerTestOneInput. The preset `fuzz` links it with libFuzzer (fuzz/run), any
 * other with replay.c, so that every `make quick` puts the stored inputs to it once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Says what is wrong and aborts, which is how libFuzzer learns of it. */
_Noreturn void fuzz_fail(const char *format, ...) CORDON_PRINTF(1, 2);

#define FUZZ_CHECK(claim) \
	do { \
		if (!(claim)) \
			fuzz_fail("%s:%d: not so: %s", __FILE__, __LINE__, #claim); \
	} while (0)

/* What every error promises: a known kind, one line of UTF-8, and a place that is one of the text (NULL: any). */
void fuzz_check_error(const struct cordon_error *err, const char *bytes, size_t length);

/* UTF-8 as RFC 3629 has it, without NUL; written a second way, beside that of src. */
bool fuzz_is_utf8(const char *bytes, size_t length);
