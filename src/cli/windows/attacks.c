/* What is tried on Windows the probe tries, before a run. */
#include "cli/attacks.h"

const struct attack *attacks_at(size_t index)
{
	(void)index;
	return NULL;
}

bool attacks_new(struct attack_world **ret_world, struct cordon_error *err)
{
	(void)ret_world;
	return cordon_fail(
		err, CORDON_UNSUPPORTED,
		"on Windows 'cordon run' itself tries what it rests on, and refuses where that does not hold; "
		"to see each attack and what became of it, run cordon-selftest.exe, which comes with cordon");
}

struct attack_world *attacks_free(struct attack_world *world)
{
	(void)world;
	return NULL;
}

const char *attacks_workspace(struct attack_world *world)
{
	(void)world;
	return NULL;
}

const char *attacks_place(struct attack_world *world, const struct attack *attack)
{
	(void)world;
	(void)attack;
	return NULL;
}

bool attacks_succeed_bare(struct attack_world *world, const struct attack *attack)
{
	(void)world;
	(void)attack;
	return false;
}

const char *const *attacks_command(struct attack_world *world, const struct attack *attack)
{
	(void)world;
	(void)attack;
	return NULL;
}

int32_t attacks_stream(const struct attack_world *world)
{
	(void)world;
	return -1;
}

bool attacks_succeeded_inside(struct attack_world *world, const struct attack *attack)
{
	(void)world;
	(void)attack;
	return false;
}

int attacks_act(const char *name, const char *target)
{
	(void)name;
	(void)target;
	return 1;
}
