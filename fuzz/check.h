/* fuzz/check.h: the few words of cmocka that the made-up hosts of tests/policy use, where a fuzz target uses them. */
#pragma once

#include "fuzz.h"

#define assert_true(claim) FUZZ_CHECK(claim)
#define assert_non_null(pointer) FUZZ_CHECK(pointer)
#define fail_msg(...) fuzz_fail(__VA_ARGS__)
