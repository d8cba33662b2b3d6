#include <stdlib.h>

#include "base/scope.h"
#include "lib/give.h"
#include "run/run.h"

const char *cordon_version(void)
{
	return CORDON_VERSION;
}

static bool doctor(char **ret_json, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	return run_doctor(&text, err) && give_text(&text, ret_json, err);
}

int cordon_doctor(char **ret_json, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(doctor(ret_json, &local), &local, err);
}

void cordon_free(void *memory)
{
	free(memory);
}
