/* The live probe of the account tier, with the test's own user in the account's place (stand_in.h) and a token that
 * restricts nothing, so that under Wine the prober's child gets as far as on Windows: started by the runner, heard,
 * judged. Nothing confines it there, and each trial has to find that out.
 */
#include <winsock2.h>

#include "backend/windows/probe_plan.h"
#include "stand_in.h"
#include "world.h"

/* -- in the place of probe_plan.c ---------------------------------------------------------------------------------- */

static struct sid default_grants[] = { { SID_SYSTEM, 0 }, { SID_ACCOUNT, 0 }, { SID_RUN, 0 } };
static struct windows_token recipe = { .default_grants = { default_grants, 3, 3 } };

const struct probe_object probe_objects[1];
const size_t probe_object_count = 0;

const struct windows_token *probe_recipe(enum tier tier)
{
	(void)tier;
	return &recipe;
}

unsigned probe_tiers(enum tier tier, enum network_mode network)
{
	static const unsigned kinds[] = { TRIAL_CLOSED, TRIAL_GATED, 0 };
	return 1u << tier | kinds[network];
}

/* -- the world ----------------------------------------------------------------------------------------------------- */

static struct probing probing;

static int setup_probe(void **state)
{
	if (setup_plan(state) != 0)
		return -1;
	lie = "";
	runner_program = NULL;
	recipe.integrity = is_wine() ? LEVEL_OF_WINE : INTEGRITY_MEDIUM;
	windows = (struct plan_windows){ .tier = TIER_ACCOUNT };
	return 0;
}

static void probe(enum network_mode network)
{
	plan.network = network;
	if (!probe_tier(&plan, &probing, &err))
		fail_msg("%s", err.text);
	assert_true(probing.is_made);
	assert_int_equal(count_in("state\\probe\\cordon-probe-*"), 0);
	assert_int_equal(count_in("state\\runners\\*"), 0);
}

static const struct finding *find(const char *name)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (strcmp(trial_cases[i].name, name) == 0)
			return &probing.findings[i];
	fail_msg("no trial '%s'", name);
	return NULL;
}

static uint16_t free_port(void)
{
	WSADATA about;
	struct sockaddr_in address = { .sin_family = AF_INET };
	int length = sizeof address;
	assert_int_equal(WSAStartup(MAKEWORD(2, 2), &about), 0);
	SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(made, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(made, (struct sockaddr *)&address, &length), 0);
	closesocket(made);
	return ntohs(address.sin_port);
}

/* -- the cases ----------------------------------------------------------------------------------------------------- */

/* Everything succeeds: each trial says so by its name, and the backend trusts nothing. */
static void probe__of_an_account_that_nothing_confines_finds_it_out(void **state)
{
	(void)state;
	if (!is_wine()) {
		print_message("this host is no Wine\n");
		skip();
	}
	probe(NETWORK_OFF);
	assert_int_equal(probing.tiers, TRIAL_ACCOUNT | TRIAL_CLOSED);
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		const struct finding *finding = &probing.findings[i];
		if (!finding->is_tried)
			continue;
		assert_true(trial_is_of(trial, probing.tiers));
		/* The job, and the runner's own descriptor, which Wine keeps. */
		bool is_kept = strcmp(trial->name, "leave-job") == 0 || strcmp(trial->name, "open-runner") == 0;
		bool is_lost = trial->kind == TRIAL_MUST_FAIL && !is_kept;
		/* Wine's Schannel is no server, and its PowerShell does nothing. */
		if (strcmp(trial->name, "schannel") == 0 || strcmp(trial->name, "start-powershell") == 0)
			continue;
		/* The runner's window station is another one on Wine as well. */
		if (trial->guarantee == GUARANTEE_DESKTOP && trial->kind == TRIAL_MUST_FAIL)
			continue;
		if (trial->kind == TRIAL_MUST_FAIL || trial->kind == TRIAL_MUST_WORK)
			if ((finding->verdict == TRIAL_HELD) == is_lost)
				fail_msg("%s: %s", trial->name, trial_verdict_text(trial, finding->verdict));
	}
	static const char *const lost[] = {
		"write-outside",       "read-denied",    "connect",        "bind",          "listen",
		"write-pipe",          "end-process",    "write-registry", "commit-memory", "open-sibling",
		"write-siblings-pipe", "write-siblings", "change-service"
	};
	for (size_t i = 0; i < COUNT_OF(lost); i++) {
		assert_true(find(lost[i])->is_tried);
		assert_int_equal(find(lost[i])->verdict, TRIAL_DONE);
	}
	assert_int_equal(find("open-desktop")->verdict, TRIAL_HELD);
	assert_int_equal(find("enter-desktop")->verdict, TRIAL_HELD);
	/* What the job of Wine really does. */
	assert_int_equal(find("leave-job")->verdict, TRIAL_HELD);
	assert_int_equal(find("leave-process")->verdict, TRIAL_HELD);
	assert_int_equal(find("open-runner")->verdict, TRIAL_HELD);
	assert_int_equal(find("schannel")->verdict, TRIAL_NO_CONTROL);
}

static void probe__of_a_gated_account_tries_its_gate(void **state)
{
	(void)state;
	stand_in_port = free_port();
	probe(NETWORK_FILTERED);
	assert_int_equal(probing.tiers, TRIAL_ACCOUNT | TRIAL_GATED);
	assert_true(find("reach-gate")->is_tried);
	assert_int_equal(find("reach-gate")->verdict, TRIAL_HELD);
	assert_false(find("bind")->is_tried);
	assert_true(find("listen")->is_tried);
	if (is_wine())
		assert_int_equal(find("connect")->verdict, TRIAL_DONE);
}

/* Somebody sits where the gate would. */
static void probe__of_a_gated_account_needs_its_port(void **state)
{
	(void)state;
	struct sockaddr_in address = { .sin_family = AF_INET };
	stand_in_port = free_port();
	address.sin_port = htons(stand_in_port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SOCKET other = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	assert_int_equal(bind(other, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(other, 1), 0);
	probe(NETWORK_FILTERED);
	assert_int_equal(probing.tiers, TRIAL_TOKEN);
	assert_non_null(strstr(probing.why, "the account's port for the gate"));
	closesocket(other);
}

/* A runner that shows another process makes no child: nothing was tried, and no word of it counts. */
static void probe__without_a_child_refuses(void **state)
{
	(void)state;
	lie = "itself";
	probe(NETWORK_OFF);
	assert_non_null(strstr(probing.why, "not the command's"));
	for (unsigned i = 0; i < trial_count; i++)
		if (probing.findings[i].is_tried && trial_cases[i].kind == TRIAL_MUST_FAIL)
			assert_int_not_equal(probing.findings[i].verdict, TRIAL_HELD);
}

/* Claims CLEAN done, and shows itself as the process. */
static int lying_runner(const char *how, const WCHAR *name, DWORD server)
{
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	HANDLE token = NULL, thread = GetCurrentThread(), process = GetCurrentProcess();
	struct frame frame;
	(void)how;
	if (!pipe_join(name, server, &pipe, &err) || !pipe_receive(pipe, NULL, 20000, &order, &frame, &err) ||
	    !frame_write_done(&bytes, &err) || !pipe_send(pipe, NULL, &bytes, 20000, &err) ||
	    !pipe_receive(pipe, NULL, 20000, &order, &frame, &err))
		return 77;
	text_free(&bytes);
	OpenProcessToken(process, TOKEN_QUERY, &token);
	DuplicateHandle(process, thread, process, &thread, 0, FALSE, DUPLICATE_SAME_ACCESS);
	DuplicateHandle(process, process, process, &process, 0, FALSE, DUPLICATE_SAME_ACCESS);
	const struct frame_started started = { (uintptr_t)process, (uintptr_t)thread, (uintptr_t)token };
	if (frame_write_started(&started, &bytes, &err) && pipe_send(pipe, NULL, &bytes, 20000, &err))
		Sleep(60000);
	return 78;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(probe__of_an_account_that_nothing_confines_finds_it_out, setup_probe),
		cmocka_unit_test_setup(probe__of_a_gated_account_tries_its_gate, setup_probe),
		cmocka_unit_test_setup(probe__of_a_gated_account_needs_its_port, setup_probe),
		cmocka_unit_test_setup(probe__without_a_child_refuses, setup_probe),
	};
	if (argc > 3 && strcmp(argv[1], "runner") == 0)
		return stand_in_serve(argc, argv, lying_runner);
	return cmocka_run_group_tests(tests, setup_account_world, teardown_world);
}
