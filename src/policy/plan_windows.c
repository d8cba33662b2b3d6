/* Which tier carries the policy, and all that is not files. */
#include "policy/plan_windows.h"

#include <stdlib.h>
#include <string.h>

#include "base/gate.h"
#include "base/list.h"
#include "base/scope.h"
#include "policy/plan_tree.h"

void plan_windows_free(struct plan_windows *windows)
{
	if (!windows)
		return;

	for (size_t i = 0; i < windows->roots.count; i++)
		free(windows->roots.items[i].path);
	for (size_t i = 0; i < windows->objects.count; i++) {
		free(windows->objects.items[i].path);
		free(windows->objects.items[i].entries.items);
	}
	for (size_t i = 0; i < windows->narrowed.count; i++)
		free(windows->narrowed.items[i].path);
	for (size_t i = 0; i < windows->exposed.count; i++)
		free(windows->exposed.items[i].path);
	free(windows->token.restricting.items);
	free(windows->token.denying_only.items);
	free(windows->token.default_grants.items);
	free(windows->roots.items);
	free(windows->objects.items);
	free(windows->filters.items);
	free(windows->narrowed.items);
	free(windows->exposed.items);
	free(windows);
}

static void free_windows_at(struct plan_windows **windows)
{
	plan_windows_free(*windows);
}

static void free_lacks(struct windows_lack_list *lacks)
{
	free(lacks->items);
}

/* -- token ------------------------------------------------------------------------------------------------------- */

static bool add_sid(struct sid_list *list, enum sid_role role, size_t root)
{
	struct sid *sid = LIST_ADD(list);
	if (sid)
		*sid = (struct sid){ role, root };
	return sid != NULL;
}

static bool add_roles(struct sid_list *list, const enum sid_role *roles, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!add_sid(list, roles[i], 0))
			return false;
	return true;
}

/* Below medium, what is not labelled cannot be written: neither what Everyone may write, who has to be among the
 * restricting SIDs (devices and programs rest on it), nor a child through its directory's DELETE_CHILD, which the
 * second check of a write-restricted token may pass over.
 */
static uint32_t integrity_of(enum tier tier)
{
	static const uint32_t levels[TIER_COUNT] = {
		[TIER_ACCOUNT] = INTEGRITY_BELOW_MEDIUM,
		[TIER_APPCONTAINER] = INTEGRITY_LOW,
		[TIER_TOKEN] = INTEGRITY_MEDIUM,
	};
	return levels[tier];
}

/* In the account tier the account's own SID is among the restricting ones: pipes and files with a default
 * descriptor name nobody else, and ninja, node and mkdtemp rest on such. It is granted nothing outside. The user's
 * SID, in the token tier, would be granted everything.
 */
static bool compile_token(struct plan_windows *windows)
{
	static const enum sid_role account[] = { SID_RUN, SID_ACCOUNT, SID_LOGON, SID_EVERYONE };
	static const enum sid_role token[] = { SID_RUN, SID_LOGON, SID_EVERYONE };
	struct windows_token *recipe = &windows->token;
	recipe->drops_privileges = true;
	recipe->drops_administrators = true;
	recipe->is_container = windows->tier == TIER_APPCONTAINER;
	recipe->is_write_restricted = !recipe->is_container;
	recipe->integrity = integrity_of(windows->tier);

	for (size_t i = 0; recipe->is_write_restricted && i < windows->roots.count; i++)
		if (!add_sid(&recipe->restricting, SID_CAPABILITY, i))
			return false;
	/* Whoever the first check and the second are about: one alone could not open what the command itself makes. */
	if (!add_sid(&recipe->default_grants, SID_SYSTEM, 0))
		return false;
	switch (windows->tier) {
	case TIER_ACCOUNT:
		/* Interactive users may start COM classes of the logged-on user, BITS jobs and tasks. */
		return add_roles(&recipe->restricting, account, COUNT_OF(account)) &&
		       add_sid(&recipe->denying_only, SID_INTERACTIVE, 0) &&
		       add_sid(&recipe->default_grants, SID_ACCOUNT, 0) && add_sid(&recipe->default_grants, SID_RUN, 0);
	case TIER_APPCONTAINER:
		return add_sid(&recipe->default_grants, SID_USER, 0) &&
		       add_sid(&recipe->default_grants, SID_PACKAGE, 0);
	case TIER_TOKEN:
		return add_roles(&recipe->restricting, token, COUNT_OF(token)) &&
		       add_sid(&recipe->default_grants, SID_USER, 0) && add_sid(&recipe->default_grants, SID_RUN, 0);
	case TIER_COUNT:
		break;
	}
	return false;
}

/* -- network ----------------------------------------------------------------------------------------------------- */

static const int families[] = { 4, 6 };

/* Of both families, but for the gate, which listens on 127.0.0.1 alone: whoever has its port on ::1 is somebody else. */
static bool add_filter(struct plan_windows *windows, struct windows_filter filter)
{
	filter.account.role = SID_ACCOUNT;
	for (size_t i = 0; i < (filter.is_gate ? 1 : COUNT_OF(families)); i++) {
		struct windows_filter *added = LIST_ADD(&windows->filters);
		if (!added)
			return false;
		*added = filter;
		added->family = families[i];
	}
	return true;
}

/* A port that may be reached from the host's loopback: bound, listened on and accepted from there alone. */
static bool permit_port(struct plan_windows *windows, uint16_t port)
{
	static const enum filter_layer layers[] = { FILTER_ASSIGN, FILTER_LISTEN, FILTER_ACCEPT };
	for (size_t i = 0; i < COUNT_OF(layers); i++)
		if (!add_filter(windows, (struct windows_filter){ .permits = true,
								  .layer = layers[i],
								  .is_loopback = layers[i] != FILTER_LISTEN,
								  .port = port }))
			return false;
	return true;
}

static bool names_loopback(const struct plan *plan)
{
	size_t count;
	const struct host_rule *hosts = policy_allowed_hosts(plan->policy, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(hosts[i].pattern, "localhost") == 0 || text_starts(hosts[i].pattern, "127.") ||
		    strcmp(hosts[i].pattern, "::1") == 0)
			return true;
	return false;
}

static bool add_narrowed(struct plan_windows *windows, const char *what)
{
	struct windows_narrowed *narrowed = LIST_ADD(&windows->narrowed);
	if (narrowed)
		narrowed->what = what;
	return narrowed != NULL;
}

static bool compile_filters(const struct plan *plan, struct plan_windows *windows)
{
	size_t count;
	const uint16_t *ports = policy_listen_ports(plan->policy, &count);
	if (windows->tier != TIER_ACCOUNT || plan->network == NETWORK_OPEN)
		return true;
	for (size_t i = 0; i < count; i++)
		if (!permit_port(windows, ports[i]))
			return false;
	/* Whoever connects is given a local port before, which is asked for as well. */
	if (plan->network == NETWORK_FILTERED &&
	    (!add_filter(windows,
			 (struct windows_filter){
				 .permits = true, .layer = FILTER_CONNECT, .is_loopback = true, .is_gate = true }) ||
	     !add_filter(windows, (struct windows_filter){ .permits = true, .layer = FILTER_ASSIGN, .is_gate = true })))
		return false;
	for (int layer = 0; layer < FILTER_LAYER_COUNT; layer++)
		if (!add_filter(windows, (struct windows_filter){ .layer = (enum filter_layer)layer }))
			return false;

	/* A connect to the host's own server and one to the command's own look the same to a filter by account. */
	return add_narrowed(windows, "programs of the command do not reach each other through loopback") &&
	       (plan->network != NETWORK_FILTERED || !names_loopback(plan) ||
		add_narrowed(windows, "this host's loopback is reached by programs that ask a proxy for it, and by no "
				      "others"));
}

/* -- the rest ---------------------------------------------------------------------------------------------------- */

static void compile_job(const struct plan *plan, struct plan_windows *windows)
{
	const struct limit_setting *limits = plan->limits;
	if (limits[LIMIT_MEMORY].is_set)
		windows->job.memory = limits[LIMIT_MEMORY].value;
	if (limits[LIMIT_PROCESSES].is_set)
		windows->job.processes = limits[LIMIT_PROCESSES].value;
	if (limits[LIMIT_CPUS].is_set && plan->facts->processors > 0) {
		/* From thousandths of a processor to hundredths of a percent of all; rounded up, for 0 is no limit. */
		uint64_t all = plan->facts->processors;
		uint64_t rate = (limits[LIMIT_CPUS].value * 10 + all - 1) / all;
		windows->job.cpu_rate = rate < 10000 ? (uint32_t)rate : 0;
	}
}

#define ACCOUNT_VARIABLES \
	{ "USERPROFILE", "${account.profile}" }, { "HOME", "${account.profile}" }, \
		{ "APPDATA", "${account.profile}\\AppData\\Roaming" }, \
		{ "LOCALAPPDATA", "${account.profile}\\AppData\\Local" }, { "TEMP", "${run.temp}" }, \
	{ \
		"TMP", "${run.temp}" \
	}

/* The gate is what programs ask for, or nothing: no route leads past it. Windows does not tell names of variables apart
 * by case, but MSYS2's programs do, and know these in small letters. A list of hosts to reach directly would lead to
 * where nothing goes; npm has settings of its own, which those in a .npmrc would outweigh otherwise. Java has properties,
 * which know no password: the gate takes who says none.
 */
#define GATE_AUTHORITY GATE_USER ":${gate.password}@127.0.0.1:${gate.port}"
static const struct windows_variable gated_account[] = {
	ACCOUNT_VARIABLES,
	{ "http_proxy", "http://" GATE_AUTHORITY },
	{ "https_proxy", "http://" GATE_AUTHORITY },
	{ "all_proxy", "socks5h://" GATE_AUTHORITY },
	{ "no_proxy", "" },
	{ "npm_config_proxy", "http://" GATE_AUTHORITY },
	{ "npm_config_https_proxy", "http://" GATE_AUTHORITY },
	{ "npm_config_noproxy", "" },
	{ "YARN_HTTP_PROXY", "http://" GATE_AUTHORITY },
	{ "YARN_HTTPS_PROXY", "http://" GATE_AUTHORITY },
	{ "NODE_USE_ENV_PROXY", "1" },
	{ "JAVA_TOOL_OPTIONS", "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=${gate.port} -Dhttps.proxyHost=127.0.0.1 "
			       "-Dhttps.proxyPort=${gate.port} -Dhttp.nonProxyHosts=" },
	{ NULL, NULL },
};

static void compile_identity(const struct plan *plan, struct plan_windows *windows)
{
	static const struct windows_variable account[] = { ACCOUNT_VARIABLES, { NULL, NULL } };
	static const struct windows_variable package[] = {
		{ "LOCALAPPDATA", "${package.folder}" },
		{ "TEMP", "${run.temp}" },
		{ "TMP", "${run.temp}" },
		{ NULL, NULL },
	};
	static const struct windows_variable token[] = { { "TEMP", "${run.temp}" },
							 { "TMP", "${run.temp}" },
							 { NULL, NULL } };
	static const struct windows_variable *const variables[TIER_COUNT] = {
		[TIER_ACCOUNT] = account,
		[TIER_APPCONTAINER] = package,
		[TIER_TOKEN] = token,
	};
	static const char *const open_network[] = { "internetClient", "internetClientServer",
						    "privateNetworkClientServer", NULL };
	static const char *const none[] = { NULL };
	/* What old tools and just-in-time compilers bear. */
	static const char *const mitigations[] = { "extension-point-disable", "image-load-no-remote",
						   "heap-terminate-on-corruption", NULL };
	static const char *const handles[] = { "stdin", "stdout", "stderr", NULL };
	bool has_capabilities = windows->tier == TIER_APPCONTAINER && plan->network == NETWORK_OPEN;
	bool is_gated = windows->tier == TIER_ACCOUNT && plan->network == NETWORK_FILTERED;
	windows->variables = is_gated ? gated_account : variables[windows->tier];
	windows->capabilities = has_capabilities ? open_network : none;
	windows->has_own_station = windows->tier == TIER_ACCOUNT;
	windows->mitigations = mitigations;
	windows->handles = handles;
}

/* -- what a tier lacks ------------------------------------------------------------------------------------------- */

static bool add_lack(struct windows_lack_list *lacks, struct windows_lack lack)
{
	struct windows_lack *added = LIST_ADD(lacks);
	if (added)
		*added = lack;
	return added != NULL;
}

static bool add_network_lacks(const struct plan *plan, const struct plan_windows *windows,
			      struct windows_lack_list *lacks)
{
	size_t ports;
	policy_listen_ports(plan->policy, &ports);
	enum guarantee guarantee = plan->network == NETWORK_OFF ? GUARANTEE_NET_OFF : GUARANTEE_NET_FILTERED;
	if (windows->tier != TIER_APPCONTAINER ||
	    (ports == 0 && plan->network != NETWORK_FILTERED && !names_loopback(plan)))
		return true;
	return add_lack(lacks, (struct windows_lack){ guarantee, true,
						      "has no loopback: neither hosts and ports by rule nor listening",
						      NULL });
}

static bool is_lacking(const struct plan *plan, const struct plan_windows *windows, enum guarantee guarantee)
{
	const struct plan_guarantee *asked = &plan->guarantees[guarantee];
	return asked->is_asked && !asked->is_best_effort && windows->promises[guarantee].best < asked->accepted;
}

static bool add_promise_lacks(const struct plan *plan, const struct plan_windows *windows,
			      struct windows_lack_list *lacks)
{
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (is_lacking(plan, windows, (enum guarantee)i) &&
		    !add_lack(lacks, (struct windows_lack){ (enum guarantee)i, false, windows->promises[i].why, NULL }))
			return false;
	return true;
}

/* Keeps what refuses the tier: what it cannot grant, and what it cannot hold and nobody accepts. */
static void drop_accepted(const struct plan *plan, struct windows_lack_list *lacks)
{
	size_t kept = 0;
	for (size_t i = 0; i < lacks->count; i++) {
		const struct windows_lack *lack = &lacks->items[i];
		if (lack->is_grant || plan->guarantees[lack->guarantee].accepted > LEVEL_ABSENT)
			lacks->items[kept++] = *lack;
	}
	lacks->count = kept;
}

/* -- choosing ---------------------------------------------------------------------------------------------------- */

/* What has no descriptor is as open to the command as to anybody. */
static void lower_for_bare_drives(struct plan_windows *windows)
{
	static const enum guarantee guarantees[] = { GUARANTEE_FILES_WRITE, GUARANTEE_FILES_READ };
	for (size_t i = 0; i < COUNT_OF(guarantees); i++) {
		struct tier_promise *promise = &windows->promises[guarantees[i]];
		if (promise->best == LEVEL_ENFORCED)
			*promise = (struct tier_promise){
				LEVEL_PARTIAL, LEVEL_PARTIAL,
				"a drive of this host keeps no descriptors (FAT, exFAT): what is there is open to all",
				NULL
			};
	}
}

static bool compile_tier(struct plan *plan, enum tier tier, struct plan_windows **ret_windows,
			 struct windows_lack_list *lacks, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_windows_at) struct plan_windows *windows = calloc(1, sizeof *windows);
	if (!windows)
		return cordon_fail_memory(err);
	windows->tier = tier;
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (plan->guarantees[i].is_asked)
			windows->promises[i] = tier_promise(tier, (enum guarantee)i);

	if (!plan_windows_files(plan, windows, lacks, err))
		return false;
	for (size_t i = 0; i < lacks->count; i++)
		if (!lacks->items[i].is_grant) {
			struct tier_promise *promise = &windows->promises[lacks->items[i].guarantee];
			*promise = (struct tier_promise){ LEVEL_ABSENT, LEVEL_ABSENT, lacks->items[i].why, NULL };
		}
	drop_accepted(plan, lacks);
	if (plan->facts->bare_drives.count > 0)
		lower_for_bare_drives(windows);
	if (tier == TIER_APPCONTAINER) {
		if (!add_narrowed(windows, "programs of MSYS2, Git Bash among them, do not start"))
			return cordon_fail_memory(err);
	}
	if (!compile_token(windows) || !compile_filters(plan, windows) || !add_network_lacks(plan, windows, lacks) ||
	    !add_promise_lacks(plan, windows, lacks))
		return cordon_fail_memory(err);
	compile_job(plan, windows);
	compile_identity(plan, windows);
	*ret_windows = cordon_take(&windows);
	return true;
}

static void tell_lacks(struct text *text, enum tier tier, const struct windows_lack_list *lacks)
{
	bool told[GUARANTEE_COUNT] = { false };
	text_addf(text, "%s%s: ", text->length ? "; " : "", tier_name(tier));
	for (size_t i = 0, count = 0; i < lacks->count; i++) {
		const struct windows_lack *lack = &lacks->items[i];
		if (told[lack->guarantee] && !lack->is_grant)
			continue;
		told[lack->guarantee] = true;
		text_addf(text, "%s%s", count++ ? ", " : "", guarantee_name(lack->guarantee));
		if (lack->is_grant)
			text_addf(text, " (%s)", lack->why);
	}
}

static bool refuse(const struct text *text, bool is_auto, const struct rule *rule, struct cordon_error *err)
{
	static const char ways[] =
		"ways on: 'cordon setup' for the account tier, --preset strict, or --accept GUARANTEE=absent";
	return plan_refuse(err, rule, "%s; lacking: %s; %s",
			   is_auto ? "no tier of Windows carries this policy" : "the tier does not carry this policy",
			   text_str(text), ways);
}

static bool find_tier(const char *name, enum tier *ret_tier)
{
	for (int tier = 0; tier < TIER_COUNT; tier++)
		if (strcmp(tier_name((enum tier)tier), name) == 0) {
			*ret_tier = (enum tier)tier;
			return true;
		}
	return false;
}

/* files.protect is asked where a rule narrows what one above it lets write. */
static bool ask_protection(struct plan *plan, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct plan_tree tree;
	if (!plan_tree_build(plan->policy, plan->facts, &arena, &tree, err))
		return false;
	for (size_t i = 1; i < tree.count; i++)
		if (tree.items[tree.items[i].parent].wanted == ACCESS_WRITE && tree.items[i].wanted < ACCESS_WRITE)
			plan->guarantees[GUARANTEE_FILES_PROTECT].is_asked = true;
	return true;
}

bool plan_compile_windows(struct plan *plan, const struct plan_options *options, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	enum tier only = TIER_COUNT;
	const struct rule *rule = NULL;
	const char *name = options->tier ? options->tier : "auto";
	bool is_auto = strcmp(name, "auto") == 0;
	if (!is_auto && !find_tier(name, &only))
		return cordon_fail(err, CORDON_BAD_USAGE,
				   "unknown tier '%s': there are auto, account, appcontainer and token", name);
	if (!ask_protection(plan, err))
		return false;

	for (int i = 0; i < TIER_COUNT; i++) {
		enum tier tier = (enum tier)i;
		CORDON_ON_EXIT(free_lacks) struct windows_lack_list lacks = { 0 };
		CORDON_ON_EXIT(free_windows_at) struct plan_windows *windows = NULL;
		if (is_auto ? (options->unproved & 1u << tier) != 0 : tier != only)
			continue;
		if (!compile_tier(plan, tier, &windows, &lacks, err))
			return false;
		if (lacks.count == 0) {
			plan->windows = cordon_take(&windows);
			return true;
		}
		tell_lacks(&text, tier, &lacks);
		for (size_t j = 0; j < lacks.count && !rule; j++)
			rule = lacks.items[j].rule;
	}
	return refuse(&text, is_auto, rule, err);
}
