/* cordon report: one recorded run as a page, or the schema of reports. */
#include <jansson.h>
#include <stdio.h>

#include "base/scope.h"
#include "cli/command.h"
#include "cli/host.h"
#include "cli/option.h"
#include "cli/page.h"
#include "cli/say.h"
#include "cordon/cordon.h"

struct values {
	const char *output;
	bool wants_json, wants_schema, wants_help;
};

static const struct option options[] = {
	{ .name = "output",
	  .letter = 'o',
	  .argument = "FILE",
	  .help = "write the page there (default: standard output)",
	  .kind = OPTION_TEXT,
	  .place = offsetof(struct values, output) },
	{ .name = "schema",
	  .help = "print the JSON Schema of reports and stop",
	  .kind = OPTION_FLAG,
	  .place = offsetof(struct values, wants_schema) },
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	{ 0 },
};

static void free_answer(char **answer)
{
	cordon_free(*answer);
}

static void report_close_at(struct report_file **file)
{
	report_close(*file);
}

static bool make_page(const char *answer, struct text *text, struct cordon_error *err)
{
	json_t *record = json_loads(answer, 0, NULL);
	if (record)
		page_add(text, record);
	json_decref(record);
	return (record && text_ok(text)) || cordon_fail_memory(err);
}

static bool write_out(const struct values *values, const char *bytes, struct cordon_error *err)
{
	CORDON_ON_EXIT(report_close_at) struct report_file *file = NULL;
	if (values->output)
		return report_open(values->output, &file, err) && report_write(file, bytes, err);
	fputs(bytes, stdout);
	return say_flush() || cordon_fail(err, CORDON_OS_FAILED, "nothing was printed");
}

static bool answer(void *context, char **operands, struct cordon_error *err)
{
	const struct values *values = context;
	CORDON_ON_EXIT(free_answer) char *bytes = NULL;
	CORDON_ON_EXIT(text_free) struct text page = { 0 };
	if (values->wants_schema)
		return cordon_report_schema(&bytes, err) && write_out(values, bytes, err);
	if (!operands[0] || operands[1])
		return cordon_fail(err, CORDON_BAD_USAGE,
				   "which run?  Its id or the beginning of it (`cordon log`), or last");
	if (!cordon_record(operands[0], &bytes, err))
		return false;
	if (values->wants_json)
		return write_out(values, bytes, err);
	return make_page(bytes, &page, err) && write_out(values, text_str(&page), err);
}

int command_report(char **words)
{
	static const struct option_command command = {
		NULL,
		"cordon report RUN [options]\n"
		"One recorded run as a page that needs nothing but itself. RUN is an id, the beginning of one, or last.\n",
		options,
		answer,
	};
	struct values values = { 0 };
	return option_run(&command, words, &values);
}
