/* Runs a command in the cordon and says how it ended: embed COMMAND [ARGUMENT...] */
#include <cordon/cordon.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	struct cordon_result result = CORDON_RESULT_INIT;
	struct cordon_policy *policy = NULL;
	struct cordon_run *run = NULL;
	int is_over = argc > 1 && cordon_policy_new(&policy, &err) &&
		      cordon_policy_load(policy, CORDON_SOURCE_PRESET, NULL, &err) &&
		      cordon_run_new(policy, &options, &run, &err) &&
		      cordon_run_start(run, (const char *const *)(argv + 1), &err) &&
		      cordon_run_wait(run, &result, &err);
	if (!is_over)
		printf("not run: %s\n", argc > 1 ? err.text : "there is no command");
	else if (result.was_refused)
		printf("refused: %s\n", result.error.text);
	else
		printf("status %d, %u refused acts\n", (int)result.exit_status, (unsigned)result.denial_count);
	cordon_run_free(run);
	cordon_policy_free(policy);
	return is_over ? (int)result.exit_status : 125;
}
