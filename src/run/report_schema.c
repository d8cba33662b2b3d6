#include "run/report_schema.h" /* generated from report_schema.json */

#include "run/run.h"

bool report_schema_print(struct text *text, struct cordon_error *err)
{
	text_add_bytes(text, report_schema, sizeof report_schema - 1);
	return text_ok(text) || cordon_fail_memory(err);
}
