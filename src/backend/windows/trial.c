#include "backend/windows/trial.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

/* GetLastError values, which are the same on every build. */
enum {
	ACCESS_DENIED = 5,
	NOT_ENOUGH_MEMORY = 8,
	COMMITMENT_LIMIT = 1455,
	NOT_ENOUGH_QUOTA = 1816,
	CONNECT_DENIED = 10013 /* WSAEACCES */
};

#define REFUSED(name_, guarantee_, done_) \
	{ \
		.name = name_, .kind = TRIAL_MUST_FAIL, .guarantee = guarantee_, .errors = { ACCESS_DENIED }, \
		.done = done_ \
	}
#define WORKS(name_) \
	{ \
		.name = name_, .kind = TRIAL_MUST_WORK \
	}

const struct trial_case trial_cases[] = {
	REFUSED("write-outside", GUARANTEE_FILES_WRITE, "a file outside was written"),
	REFUSED("create-outside", GUARANTEE_FILES_WRITE, "a file was made outside"),
	REFUSED("delete-outside", GUARANTEE_FILES_WRITE, "a file outside was deleted"),
	REFUSED("rename-outside", GUARANTEE_FILES_WRITE, "a file outside was renamed"),
	REFUSED("attributes-outside", GUARANTEE_FILES_WRITE, "attributes of a file outside were changed"),
	REFUSED("descriptor-outside", GUARANTEE_FILES_WRITE, "a file outside was given another descriptor"),
	REFUSED("link-outside", GUARANTEE_FILES_WRITE, "a file outside got a second name"),
	REFUSED("read-hidden", GUARANTEE_FILES_READ, "a hidden file was read"),
	REFUSED("write-protected", GUARANTEE_FILES_PROTECT, "a protected file was written"),
	REFUSED("delete-protected", GUARANTEE_FILES_PROTECT, "a protected file was deleted"),
	REFUSED("rename-above", GUARANTEE_FILES_PROTECT, "the folder of a protected file was renamed"),
	{ .name = "connect",
	  .kind = TRIAL_MUST_FAIL,
	  .guarantee = GUARANTEE_NET_OFF,
	  .errors = { CONNECT_DENIED },
	  .done = "a connection was made" },
	REFUSED("write-pipe", GUARANTEE_IPC, "a pipe of the user's was opened for writing"),
	REFUSED("read-memory", GUARANTEE_PROCESSES, "cordon's own memory was opened"),
	REFUSED("end-process", GUARANTEE_PROCESSES, "cordon itself could have been ended"),
	REFUSED("open-desktop", GUARANTEE_DESKTOP, "the user's desktop was opened"),
	REFUSED("write-registry", GUARANTEE_REGISTRY, "the user's registry was written"),
	{ .name = "commit-memory",
	  .kind = TRIAL_MUST_FAIL,
	  .guarantee = GUARANTEE_LIMITS_MEMORY,
	  .errors = { NOT_ENOUGH_MEMORY, COMMITMENT_LIMIT, NOT_ENOUGH_QUOTA },
	  .done = "more memory was taken than the job's limit" },
	{ .name = "more-processes",
	  .kind = TRIAL_MUST_FAIL,
	  .guarantee = GUARANTEE_LIMITS_PROCESSES,
	  .errors = { NOT_ENOUGH_QUOTA },
	  .done = "more processes were started than the job's limit" },
	{ .name = "leave-process",
	  .kind = TRIAL_LEAVES,
	  .guarantee = GUARANTEE_TREE,
	  .done = "a process outlived the end of its job" },
	WORKS("read-system"),
	WORKS("work-in-root"),
	WORKS("null-device"),
	WORKS("random-bytes"),
	WORKS("pipe"),
	WORKS("start-program"),
};

const unsigned trial_count = COUNT_OF(trial_cases);

_Static_assert(COUNT_OF(trial_cases) <= TRIALS_MAX, "trial_read_answers has no room");

static unsigned find_trial(const char *name, size_t length)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (strlen(trial_cases[i].name) == length && memcmp(trial_cases[i].name, name, length) == 0)
			return i;
	return trial_count;
}

bool trial_read_answers(const char *text, struct trial_answer ret_answers[TRIALS_MAX])
{
	struct trial_answer answers[TRIALS_MAX] = { 0 };
	memset(ret_answers, 0, sizeof answers);
	while (*text) {
		size_t length = strcspn(text, " \n");
		unsigned index = find_trial(text, length);
		if (index == trial_count || answers[index].was_given || text[length] != ' ')
			return false;
		text += length + 1;
		uint64_t code = 0;
		size_t digits = strspn(text, "0123456789");
		if (digits == 0 || digits > 10 || text[digits] != '\n')
			return false;
		for (; *text != '\n'; text++)
			code = code * 10 + (uint64_t)(*text - '0');
		if (code > UINT32_MAX)
			return false;
		answers[index] = (struct trial_answer){ true, (uint32_t)code };
		text++;
	}
	memcpy(ret_answers, answers, sizeof answers);
	return true;
}

static bool is_refusal(const struct trial_case *trial, uint32_t code)
{
	for (int i = 0; i < TRIAL_ERRORS_MAX && trial->errors[i]; i++)
		if (trial->errors[i] == code)
			return true;
	return false;
}

enum trial_verdict trial_judge(const struct trial_case *trial, struct trial_answer outside, struct trial_answer inside,
			       bool was_changed)
{
	if (!outside.was_given || !inside.was_given)
		return was_changed ? TRIAL_DONE : TRIAL_NO_ANSWER;
	switch (trial->kind) {
	case TRIAL_MUST_WORK:
		return outside.code != 0 ? TRIAL_NO_CONTROL : inside.code != 0 ? TRIAL_BROKEN : TRIAL_HELD;
	case TRIAL_LEAVES:
		return was_changed         ? TRIAL_DONE
		       : outside.code == 0 ? TRIAL_NO_CONTROL
		       : inside.code == 0  ? TRIAL_BROKEN
					   : TRIAL_HELD;
	case TRIAL_MUST_FAIL:
		break;
	}
	if (was_changed || inside.code == 0)
		return TRIAL_DONE;
	if (outside.code != 0)
		return TRIAL_NO_CONTROL;
	return is_refusal(trial, inside.code) ? TRIAL_HELD : TRIAL_ODD_ERROR;
}

const char *trial_verdict_text(const struct trial_case *trial, enum trial_verdict verdict)
{
	switch (verdict) {
	case TRIAL_HELD:
		return "held";
	case TRIAL_DONE:
		return trial->done;
	case TRIAL_NO_CONTROL:
		return "it failed outside as well, which shows nothing";
	case TRIAL_ODD_ERROR:
		return "it failed with an error that is no refusal";
	case TRIAL_NO_ANSWER:
		return "the probe did not answer";
	case TRIAL_BROKEN:
		return "it does not work inside";
	}
	return "unknown";
}
