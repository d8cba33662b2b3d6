// Runs a command in the cordon and says how it ended: embed COMMAND [ARGUMENT...]
#include <cordon/cordon.h>
#include <iostream>
#include <memory>

int main(int argc, char **argv)
{
	cordon_error err = CORDON_ERROR_INIT;
	cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	cordon_result result = CORDON_RESULT_INIT;
	cordon_policy *policy = nullptr;
	cordon_run *run = nullptr;
	bool is_planned = argc > 1 && cordon_policy_new(&policy, &err) &&
			  cordon_policy_load(policy, CORDON_SOURCE_PRESET, nullptr, &err) &&
			  cordon_run_new(policy, &options, &run, &err);
	std::unique_ptr<cordon_policy, void (*)(cordon_policy *)> owned_policy(policy, cordon_policy_free);
	std::unique_ptr<cordon_run, void (*)(cordon_run *)> owned_run(run, cordon_run_free);
	if (!is_planned || !cordon_run_start(run, argv + 1, &err) || !cordon_run_wait(run, &result, &err)) {
		std::cout << "not run: " << (argc > 1 ? err.text : "there is no command") << std::endl;
		return 125;
	}
	if (result.was_refused)
		std::cout << "refused: " << result.error.text << std::endl;
	else
		std::cout << "status " << result.exit_status << ", " << result.denial_count << " refused acts" << std::endl;
	return result.exit_status;
}
