/* tests/policy/policy_host.h: policies over a handful of hand-written facts.
 *
 * The Linux user is /home/u with the workspace /home/u/work, the Windows user C:\Users\u with C:\Users\u\work. Every
 * path that a rule names exists as a directory and lands on itself unless a test says otherwise.
 */
#pragma once

#include "base/facts.h"
#include "policy/policy.h"

struct facts *host_facts(enum target target);
void host_add(struct facts *facts, const char *path, const char *landing, enum path_type type);

/* Reads the text into the layer, or fails the test. `folder` is the home directory. */
void host_read(struct policy *policy, enum layer layer, const char *file, const char *text);
/* The same with ' in place of ", so that tests can be read. */
void host_say(struct policy *policy, enum layer layer, const char *text);

/* Facts for every path of the policy that has none, then policy_resolve. */
bool host_resolve(struct policy *policy, struct facts *facts, struct cordon_error *err);
void host_settle(struct policy *policy, struct facts *facts); /* or fails the test */

/* The text with every ' replaced; the caller frees. */
char *host_quotes(const char *text);

/* True when the list is exactly the NULL-terminated wanted one; prints both when not. */
bool host_is_list(char *const *list, const char *const *wanted);

/* Fails the test unless the error's text contains the words; prints both. */
void host_expect(const struct cordon_error *err, int status, const char *words);
