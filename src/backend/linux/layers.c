#include <string.h>

#include "backend/linux/cage.h"
#include "backend/linux/gate.h"

#ifdef CORDON_PLANT
#include <stdlib.h>

bool is_planted(const char *layer)
{
	const char *planted = getenv("CORDON_PLANT");
	size_t length = strlen(layer);
	for (const char *at = planted; at && *at; at = strchr(at, ','), at = at ? at + 1 : NULL)
		if (strncmp(at, layer, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}
#endif

/* Applied top to bottom by init, before the command exists; init stays under them too. The order is the argument:
 * each layer needs what stands above it and would be refused by what stands below. Mounting needs the namespaces'
 * capabilities; a terminal is made in the view's devices, not in the host's; Landlock must see the finished view, and
 * forbids mounting from then on; the capabilities go once nothing needs them; the filter comes last, for it refuses
 * most of the calls that the others are made of.
 */
static const struct {
	const char *name;
	bool (*apply)(struct inside *inside, struct cordon_error *err);
	bool needs_plan;
} layers[] = {
	{ "namespaces", namespaces_enter, false },   { "network", network_begin, false },
	{ "mount view", view_begin, false },         { "terminal", terminal_make, false },
	{ "streams", streams_count, true },          { "mount view", view_finish, true },
	{ "resolver", view_resolve, true },          { "network", network_enter, true },
	{ "gateway", gateway_open, true },           { "control groups", groups_await, true },
	{ "landlock", landlock_restrict, true },     { "limits", limits_apply, true },
	{ "capabilities", capabilities_drop, true }, { "seccomp", filter_load, true },
};

/* Without namespaces. Landlock comes after no_new_privs, which the kernel asks for where it is not asked by privilege.
 */
static const struct {
	const char *name;
	bool (*apply)(struct inside *inside, struct cordon_error *err);
} fallback_layers[] = {
	{ "limits", limits_apply },
	{ "capabilities", capabilities_drop },
	{ "landlock", landlock_restrict_fallback },
	{ "seccomp", filter_load },
};

bool layers_of_fallback(struct inside *inside, struct cordon_error *err)
{
	for (size_t i = 0; i < sizeof fallback_layers / sizeof *fallback_layers; i++)
		if (!fallback_layers[i].apply(inside, err))
			return cordon_while(err, "%s", fallback_layers[i].name);
	return true;
}

static bool apply(struct inside *inside, bool with_plan, struct cordon_error *err)
{
	for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
		if (layers[i].needs_plan == with_plan && !layers[i].apply(inside, err))
			return cordon_while(err, "%s", layers[i].name);
	return true;
}

bool layers_begin(struct inside *inside, struct cordon_error *err)
{
	return apply(inside, false, err);
}

bool layers_finish(struct inside *inside, struct cordon_error *err)
{
	return apply(inside, true, err);
}
