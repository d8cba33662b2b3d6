/* ${certificates}: where the user's programs are told, by the variables that they know, which authorities to trust. A
 * company whose proxy makes certificates of its own gives its own authority that way.
 */
#include <string.h>

#include "base/list.h"
#include "policy/expand.h"
#include "policy/path.h"
#include "policy/store.h"

static const char *const variables[] = {
	"SSL_CERT_FILE",       "SSL_CERT_DIR",      "CURL_CA_BUNDLE",    "REQUESTS_CA_BUNDLE",
	"NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO",    "GIT_SSL_CAPATH",    "PIP_CERT",
	"AWS_CA_BUNDLE",       "NPM_CONFIG_CAFILE", "CARGO_HTTP_CAINFO", "DENO_CERT",
};

enum { VALUES_MAX = 32 };

static bool is_above(const char *path, size_t length, const char *other)
{
	return other && strncmp(path, other, length) == 0 && (other[length] == '/' || other[length] == '\0');
}

/* Not what would open more than certificates, nor what the workspace holds, which has rules of its own. */
static bool is_fit(const struct facts *facts, const char *path, size_t length)
{
	const char *workspace = facts->workspace;
	size_t whole = workspace ? strlen(workspace) : 0;
	while (length > 1 && path[length - 1] == '/')
		length--;
	return length > 1 && path[0] == '/' && !is_above(path, length, facts->home) &&
	       !is_above(path, length, workspace) && !(whole && length > whole && is_above(workspace, whole, path));
}

bool certificates_find(const struct facts *facts, struct arena *arena, struct values *ret_values,
		       struct cordon_error *err)
{
	if (!values_make(arena, VALUES_MAX, ret_values, err))
		return false;
	for (size_t i = 0; facts->target == TARGET_LINUX && i < COUNT_OF(variables); i++) {
		for (char **entry = facts->environment; entry && *entry; entry++) {
			const char *at = environment_value(facts->target, *entry, variables[i]);
			while (at && *at && ret_values->count < VALUES_MAX) { /* a folder may be a list of them */
				size_t length = strcspn(at, ":");
				const char *path = is_fit(facts, at, length) ? arena_copy(arena, at, length) : "";
				if (!path)
					return cordon_fail_memory(err);
				if (*path)
					values_add(facts->target, ret_values, path);
				at += length + (at[length] == ':');
			}
		}
	}
	return true;
}
