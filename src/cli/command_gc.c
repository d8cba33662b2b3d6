/* cordon gc: sweeps what a crash left, and what nobody has looked at for long. */
#include <jansson.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/option.h"
#include "cordon/cordon.h"

struct values {
	bool is_dry, wants_json, wants_help;
};

static const struct option options[] = {
	{ .name = "dry-run",
	  .help = "say what would go, and leave it",
	  .kind = OPTION_FLAG,
	  .place = offsetof(struct values, is_dry) },
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	{ 0 },
};

static const char usage[] =
	"cordon gc [options]\n"
	"Removes the control groups of runs whose cordon was killed; what was set aside more than 30 days ago; and the\n"
	"layers over tools' caches that no run has used for 30 days, or whose workspace is gone. What else a killed cordon\n"
	"leaves, a process of its own removes at once. On Windows: what killed probes left, and what was set aside more\n"
	"than 30 days ago; what else a killed cordon leaves there, the next run mends.";

static void print(const json_t *answer)
{
	const json_t *item;
	size_t i;
	const char *done = json_is_true(json_object_get(answer, "dry_run")) ? "would be removed" : "removed";
	const json_t *groups = json_object_get(answer, "control_groups");
	if (json_is_integer(groups))
		printf("control groups %s: %lld\n", done, (long long)json_integer_value(groups));
	const json_t *probes = json_object_get(answer, "probes");
	if (json_is_integer(probes))
		printf("what killed probes left, %s: %lld\n", done, (long long)json_integer_value(probes));
	json_array_foreach (json_object_get(answer, "set_aside"), i, item)
		printf("%s: %s\n", done, json_string_value(item));
	json_array_foreach (json_object_get(answer, "caches"), i, item) {
		const char *workspace = json_string_value(json_object_get(item, "workspace"));
		printf("%s: %s, caches of %s\n", done, json_string_value(json_object_get(item, "path")),
		       workspace ? workspace : "a workspace that is not known");
	}
}

static bool sweep(void *context, char **operands, struct cordon_error *err)
{
	const struct values *values = context;
	char *bytes;
	(void)operands;
	if (!cordon_sweep(values->is_dry, &bytes, err))
		return false;
	json_t *answer = json_loads(bytes, 0, NULL);
	long long failed = (long long)json_integer_value(json_object_get(answer, "failed"));
	if (values->wants_json)
		fputs(bytes, stdout);
	else
		print(answer);
	json_decref(answer);
	cordon_free(bytes);
	return failed == 0 || cordon_fail(err, CORDON_OS_FAILED, "%lld of them could not be removed whole", failed);
}

int command_gc(char **words)
{
	static const struct option_command command = { "gc", usage, options, sweep };
	struct values values = { 0 };
	return option_run(&command, words, &values);
}
