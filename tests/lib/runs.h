/* tests/lib/runs.h: runs of the default preset in a scratch folder, which is their workspace. */
#pragma once

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cordon/cordon.h"
#include "scratch.h"

static struct cordon_error err;
static struct cordon_policy *policy;

__attribute__((unused)) static int runs_setup(void **state)
{
	err = (struct cordon_error)CORDON_ERROR_INIT;
	if (scratch_setup(state) != 0)
		return -1;
	return cordon_policy_new(&policy, &err) && cordon_policy_load(policy, CORDON_SOURCE_PRESET, NULL, &err) ? 0
														: -1;
}

__attribute__((unused)) static int runs_teardown(void **state)
{
	cordon_policy_free(policy);
	policy = NULL;
	return scratch_teardown(state);
}

/* Skips where the host gives no user namespaces. The host is asked, not cordon, whose refusal might be the bug. */
static inline void need_namespaces(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0)
		_exit(0);
	if (child < 0 || waitpid(child, NULL, 0) != child) {
		print_message("this host gives this user no user namespaces\n");
		skip();
	}
}

static inline struct cordon_run *new_run(const struct cordon_run_options *options)
{
	struct cordon_run *run = NULL;
	if (!cordon_run_new(policy, options, &run, &err))
		fail_msg("cordon_run_new: %s", err.text);
	return run;
}

static inline struct cordon_run *start_run(const struct cordon_run_options *options, const char *const *argv)
{
	struct cordon_run *run = new_run(options);
	if (!cordon_run_start(run, argv, &err))
		fail_msg("cordon_run_start: %s", err.text);
	return run;
}

static inline struct cordon_run *start_shell(const struct cordon_run_options *options, const char *line)
{
	const char *const argv[] = { "/bin/sh", "-c", line, NULL };
	return start_run(options, argv);
}

static inline struct cordon_result wait_run(struct cordon_run *run)
{
	struct cordon_result result = CORDON_RESULT_INIT;
	if (!cordon_run_wait(run, &result, &err))
		fail_msg("cordon_run_wait: %s", err.text);
	return result;
}

/* Steps until the command's image runs, or cannot. */
static inline void wait_for_start(struct cordon_run *run)
{
	int32_t is_ended = 0;
	while (!is_ended && !cordon_run_is_started(run))
		assert_true(cordon_run_step(run, 10000, &is_ended, &err));
	assert_true(cordon_run_is_started(run));
}
