#include "policy/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/gate.h"
#include "base/list.h"
#include "base/scope.h"
#include "policy/plan_windows.h"

struct plan *plan_free(struct plan *plan)
{
	if (!plan)
		return NULL;

	arena_free(&plan->arena);
	plan_windows_free(plan->windows);
	free(plan);
	return NULL;
}

static void free_list(char ***list)
{
	policy_free_list(*list);
}

void plan_free_at(struct plan **plan)
{
	plan_free(*plan);
}

/* The last step that holds the path is the one that shows. */
bool plan_is_apart(const struct plan *plan, const char *landing)
{
	bool is_apart = false;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		const char *over = mount->path;
		size_t length = 0; /* most differ early, and an observed call waits for this */
		while (over[length] && over[length] == landing[length])
			length++;
		bool is_over = !over[length] && (!landing[length] || landing[length] == '/' || !over[1]);
		if (is_over)
			is_apart = mount->kind == MOUNT_PRIVATE || mount->kind == MOUNT_PROC ||
				   mount->kind == MOUNT_DEVICES || mount->kind == MOUNT_LAYER;
	}
	return is_apart;
}

/* -- environment ------------------------------------------------------------------------------------------------- */

static unsigned char fold(enum target target, char c)
{
	bool is_folded = target == TARGET_WINDOWS && c >= 'a' && c <= 'z';
	return (unsigned char)(is_folded ? c - 'a' + 'A' : c);
}

/* Compares what stands before the '='; Windows knows no case in names, and wants its list in this order. */
static int compare_names(enum target target, const char *a, const char *b)
{
	while (*a && *a != '=' && fold(target, *a) == fold(target, *b)) {
		a++;
		b++;
	}
	return (*a == '=' ? 0 : fold(target, *a)) - (*b == '=' ? 0 : fold(target, *b));
}

struct entries {
	const char **items;
	size_t count, room;
};

static void drop_variable(enum target target, struct entries *entries, const char *entry)
{
	size_t kept = 0;
	for (size_t i = 0; i < entries->count; i++)
		if (compare_names(target, entries->items[i], entry) != 0)
			entries->items[kept++] = entries->items[i];
	entries->count = kept;
}

static bool set_variable(struct plan *plan, struct entries *entries, const char *entry)
{
	enum target target = plan->target;
	drop_variable(target, entries, entry);
	const char **last = LIST_ADD_IN(&plan->arena, entries);
	if (!last)
		return false;
	size_t place = entries->count - 1;
	while (target == TARGET_WINDOWS && place > 0 && compare_names(target, entries->items[place - 1], entry) >= 0)
		place--;
	memmove(entries->items + place + 1, entries->items + place, (entries->count - 1 - place) * sizeof *last);
	entries->items[place] = entry;
	return true;
}

/* For programs that like a proxy; to the others the same gate is the network itself. curl reads http_proxy in lower
 * case alone.
 */
#define PROXY_PLACE GATE_ADDRESS ":" GATE_PROXY_PORT_TEXT
static const char *const proxy_variables[] = {
	"HTTP_PROXY=http://" PROXY_PLACE,   "http_proxy=http://" PROXY_PLACE,   "HTTPS_PROXY=http://" PROXY_PLACE,
	"https_proxy=http://" PROXY_PLACE,  "ALL_PROXY=socks5h://" PROXY_PLACE, "all_proxy=socks5h://" PROXY_PLACE,
	"NO_PROXY=localhost,127.0.0.1,::1", "no_proxy=localhost,127.0.0.1,::1",
};

static bool compile_environment(struct plan *plan, const struct plan_options *options, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_list) char **given = NULL;
	CORDON_ON_EXIT(free_text) char *run_id = NULL;
	struct entries entries = { NULL, 0, 0 };
	if (!policy_environment(plan->policy, plan->facts, &given, err))
		return cordon_while(err, "environment");
	for (char **entry = given; *entry; entry++) {
		const char **added = LIST_ADD_IN(&plan->arena, &entries);
		if (!added)
			return cordon_fail_memory(err);
		*added = *entry;
	}
	/* A run inside a run has the outer one's. */
	drop_variable(plan->target, &entries, "CORDON_RUN_ID=");
	if (options->run_id)
		run_id = text_format("CORDON_RUN_ID=%s", options->run_id);
	bool is_fine = set_variable(plan, &entries, "CORDON=1") &&
		       (!options->run_id || (run_id && set_variable(plan, &entries, run_id))) &&
		       (plan->target != TARGET_LINUX || set_variable(plan, &entries, "TMPDIR=/tmp"));
	if (plan->target == TARGET_LINUX && plan->network == NETWORK_FILTERED)
		for (size_t i = 0; i < COUNT_OF(proxy_variables); i++)
			is_fine = is_fine && set_variable(plan, &entries, proxy_variables[i]);
	plan->environment = is_fine ? text_list(&plan->arena, entries.items, entries.count) : NULL;
	return plan->environment || cordon_fail_memory(err);
}

/* -- limits and guarantees --------------------------------------------------------------------------------------- */

static void ask(struct plan *plan, enum guarantee guarantee)
{
	plan->guarantees[guarantee].is_asked = true;
}

static void compile_limits(struct plan *plan)
{
	for (int i = 0; i < LIMIT_COUNT; i++) {
		enum guarantee guarantee = limit_guarantee((enum limit)i);
		plan->limits[i] = policy_limit(plan->policy, (enum limit)i);
		if (!plan->limits[i].is_set)
			continue;
		ask(plan, guarantee);
		plan->guarantees[guarantee].is_best_effort = plan->limits[i].origin.layer == LAYER_PRESET;
	}
}

/* files.protect is asked by the target's part, which knows whether anything in a writable root is protected. */
static void compile_guarantees(struct plan *plan)
{
	static const enum guarantee always[] = {
		GUARANTEE_FILES_WRITE, GUARANTEE_FILES_READ, GUARANTEE_IPC,  GUARANTEE_PROCESSES,
		GUARANTEE_KERNEL,      GUARANTEE_TERMINAL,   GUARANTEE_TREE,
	};
	static const enum guarantee on_windows[] = { GUARANTEE_DESKTOP, GUARANTEE_REGISTRY, GUARANTEE_CREDENTIALS };

	for (size_t i = 0; i < COUNT_OF(always); i++)
		ask(plan, always[i]);
	for (size_t i = 0; plan->target == TARGET_WINDOWS && i < COUNT_OF(on_windows); i++)
		ask(plan, on_windows[i]);
	if (plan->network == NETWORK_OFF)
		ask(plan, GUARANTEE_NET_OFF);
	if (plan->network == NETWORK_FILTERED) {
		ask(plan, GUARANTEE_NET_FILTERED);
		ask(plan, GUARANTEE_NET_DNS);
	}
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		plan->guarantees[i].accepted = policy_accepted(plan->policy, (enum guarantee)i);
}

bool plan_compile(const struct policy *policy, const struct facts *facts, const struct plan_options *options,
		  struct plan **ret_plan, struct cordon_error *err)
{
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = calloc(1, sizeof *plan);
	if (!plan)
		return cordon_fail_memory(err);

	plan->target = facts->target;
	plan->policy = policy;
	plan->facts = facts;
	plan->network = policy_network_mode(policy, NULL);
	plan->directory = arena_copy(&plan->arena, facts->directory, strlen(facts->directory));
	if (!plan->directory)
		return cordon_fail_memory(err);
	if (!compile_environment(plan, options, err))
		return false;
	compile_limits(plan);
	compile_guarantees(plan);

	bool is_compiled = plan->target == TARGET_LINUX ? plan_compile_linux(plan, err)
							: plan_compile_windows(plan, options, err);
	if (!is_compiled)
		return false;
	*ret_plan = cordon_take(&plan);
	return true;
}
