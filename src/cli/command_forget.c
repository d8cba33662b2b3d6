/* cordon forget: undoes what runs have left on the files of a directory. */
#include <jansson.h>
#include <stdio.h>

#include "base/scope.h"
#include "cli/command.h"
#include "cli/option.h"
#include "cli/say.h"
#include "cordon/cordon.h"

struct values {
	bool wants_all, wants_json, wants_help;
};

static const struct option options[] = {
	{ .name = "all",
	  .help = "whatever directory it is",
	  .kind = OPTION_FLAG,
	  .place = offsetof(struct values, wants_all) },
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	{ 0 },
};

static const char usage[] =
	"cordon forget [options] DIRECTORY\n"
	"Puts the descriptors of what is at and below DIRECTORY back to what they were before runs changed them\n"
	"(Windows; on Linux runs leave nothing on files).";

static void free_answer(char **answer)
{
	cordon_free(*answer);
}

static bool forget(void *context, char **operands, struct cordon_error *err)
{
	const struct values *values = context;
	CORDON_ON_EXIT(free_answer) char *answer = NULL;
	if (values->wants_all ? operands[0] != NULL : !operands[0] || operands[1])
		return cordon_fail(err, CORDON_BAD_USAGE, "forget what?  One DIRECTORY, or --all");
	if (!cordon_forget(operands[0], &answer, err))
		return false;
	json_t *object = json_loads(answer, 0, NULL);
	if (values->wants_json)
		fputs(answer, stdout);
	else
		printf("objects put back: %lld\n", (long long)json_integer_value(json_object_get(object, "objects")));
	json_decref(object);
	return say_flush() || cordon_fail(err, CORDON_OS_FAILED, "nothing was printed");
}

int command_forget(char **words)
{
	static const struct option_command command = { NULL, usage, options, forget };
	struct values values = { 0 };
	return option_run(&command, words, &values);
}
