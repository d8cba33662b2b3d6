/* policy/plan_print.h: pieces of the plan's JSON that both targets use. For plan_print.c and plan_windows_print.c. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "policy/policy.h"

/* A JSON string; bytes that are no UTF-8 become U+FFFD. NULL when memory is short. */
json_t *plan_print_text(const char *bytes);

/* Adds the key "rule" with pattern and origin; nothing for NULL. False when memory is short. */
bool plan_print_rule(json_t *object, const struct rule *rule);
