/* ${certificates}: where the user's programs are told, by the variables that they know, which authorities to trust. A
 * company whose proxy makes certificates of its own gives its own authority that way.
 */
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "policy/expand.h"
#include "policy/path.h"
#include "policy/store.h"

static const char *const variables[] = {
	"SSL_CERT_FILE",       "SSL_CERT_DIR",      "CURL_CA_BUNDLE",    "REQUESTS_CA_BUNDLE",
	"NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO",    "GIT_SSL_CAPATH",    "PIP_CERT",
	"AWS_CA_BUNDLE",       "NPM_CONFIG_CAFILE", "CARGO_HTTP_CAINFO", "DENO_CERT",
};

enum { VALUES_MAX = 32 };

struct place {
	enum target target;
	struct text key; /* of where the program looks */
};

/* A share of another machine would be asked for before anybody is. */
static bool is_local(enum target target, const char *path)
{
	return path_is_absolute(target, path) && (target == TARGET_LINUX || !path_is_separator(target, path[0]));
}

/* Is it the other, or, as is asked, above or below it? */
static bool lies(const struct place *place, bool above, const char *other)
{
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	const char *own = text_str(&place->key);
	if (!other)
		return false;
	path_add_key(place->target, other, &key);
	return !text_ok(&key) ||
	       path_is_below(place->target, above ? text_str(&key) : own, above ? own : text_str(&key));
}

/* Not what would open more than certificates, nor what the workspace holds, which has rules of its own. */
static bool is_fit(const struct facts *facts, const char *path)
{
	CORDON_ON_EXIT(free_text) char *plain = NULL;
	struct place place = { .target = facts->target };
	/* As a policy's own path: what Win32 reads otherwise than it is written is none. */
	bool is_strict = facts->target == TARGET_WINDOWS, is_glob;
	const char *why;
	if (!is_local(facts->target, path) ||
	    !path_join(facts->target, is_strict ? "" : path, is_strict ? path : "", &plain, &is_glob, &why) || is_glob)
		return false;
	path_add_key(facts->target, plain, &place.key);
	bool is_one = text_ok(&place.key) && strchr(text_str(&place.key), path_separator(facts->target)) &&
		      !lies(&place, true, facts->home) && !lies(&place, true, facts->workspace) &&
		      !lies(&place, false, facts->workspace);
	text_free(&place.key);
	return is_one;
}

/* What the value names, one or a list. */
static bool add_value(const struct facts *facts, const char *value, struct arena *arena, struct values *values,
		      struct cordon_error *err)
{
	const char *separator = facts->target == TARGET_WINDOWS ? ";" : ":";
	while (*value && values->count < VALUES_MAX) {
		size_t length = strcspn(value, separator);
		const char *path = arena_copy(arena, value, length);
		if (!path)
			return cordon_fail_memory(err);
		if (is_fit(facts, path))
			values_add(facts->target, values, path);
		value += length + (value[length] != '\0');
	}
	return true;
}

bool certificates_find(const struct facts *facts, struct arena *arena, struct values *ret_values,
		       struct cordon_error *err)
{
	if (!values_make(arena, VALUES_MAX, ret_values, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(variables); i++) {
		for (char **entry = facts->environment; entry && *entry; entry++) {
			const char *value = environment_value(facts->target, *entry, variables[i]);
			if (value && !add_value(facts, value, arena, ret_values, err))
				return false;
		}
	}
	return true;
}
