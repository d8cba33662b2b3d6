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
	if (!ret_json)
		return no_handle("ret_json", err);
	return run_doctor(&text, err) && give_text(&text, ret_json, err);
}

int cordon_doctor(char **ret_json, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(doctor(ret_json, &local), &local, err);
}

static bool refusal_report(const struct cordon_error *given, char **ret_json, struct cordon_error *err)
{
	struct cordon_error refusal = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!ret_json)
		return no_handle("ret_json", err);
	if (!given || given->size < sizeof given->size || !take_struct(&refusal, sizeof refusal, given, given->size))
		return cordon_fail(err, CORDON_BAD_USAGE, "the error holds no size, or more than this library knows");
	refusal.text[sizeof refusal.text - 1] = '\0';
	refusal.file[sizeof refusal.file - 1] = '\0';
	return run_refusal(&refusal, &text, err) && give_text(&text, ret_json, err);
}

int cordon_refusal_report(const struct cordon_error *refusal, char **ret_json, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(refusal_report(refusal, ret_json, &local), &local, err);
}

/* What a function prints, as a string of the caller's. */
static int give_printed(bool (*print)(struct text *text, struct cordon_error *err), char **ret_json,
			struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	bool ok = ret_json ? print(&text, &local) && give_text(&text, ret_json, &local) : no_handle("ret_json", &local);
	return give(ok, &local, err);
}

int cordon_log(char **ret_json, struct cordon_error *err)
{
	return give_printed(record_list, ret_json, err);
}

int cordon_sweep(int32_t is_trial, char **ret_json, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	bool ok = ret_json ? run_sweep(is_trial, &text, &local) && give_text(&text, ret_json, &local)
			   : no_handle("ret_json", &local);
	return give(ok, &local, err);
}

int cordon_forget(const char *directory, char **ret_json, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!ret_json)
		return give(no_handle("ret_json", &local), &local, err);
	return give(run_forget(directory, &text, &local) && give_text(&text, ret_json, &local), &local, err);
}

int cordon_setup(uint32_t flags, uint32_t accounts, const char *const *users, char **ret_json, struct cordon_error *err)
{
	const struct setup_request request = { flags & CORDON_SETUP_REMOVE, flags & CORDON_SETUP_TRIAL, accounts,
					       users };
	struct cordon_error local = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!ret_json)
		return give(no_handle("ret_json", &local), &local, err);
	if (flags & ~(CORDON_SETUP_REMOVE | CORDON_SETUP_TRIAL))
		return give(cordon_fail(&local, CORDON_BAD_USAGE, "flags that this version does not know"), &local,
			    err);
	return give(run_setup(&request, &text, &local) && give_text(&text, ret_json, &local), &local, err);
}

int cordon_report_schema(char **ret_json, struct cordon_error *err)
{
	return give_printed(report_schema_print, ret_json, err);
}

int cordon_record(const char *run, char **ret_json, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!run || !ret_json)
		return give(no_handle(run ? "ret_json" : "run", &local), &local, err);
	return give(record_read(run, &text, &local) && give_text(&text, ret_json, &local), &local, err);
}

void cordon_free(void *memory)
{
	free(memory);
}
