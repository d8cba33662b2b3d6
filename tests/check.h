/* tests/check.h: cmocka, with what its header needs in front of it.
 *
 * A test's name is a sentence; its comment says the attack or the promise. A test that cannot run here says why with
 * print_message and then calls skip().
 */
#pragma once

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
