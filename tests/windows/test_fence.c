/* The network tried in each run, with the test's own user in the account's place, whom nothing keeps from it: a run that
 * rests on filters is refused, whatever the runner says.
 */
#include <winsock2.h>

#define STAND_IN_HAS_FENCE
#include "backend/windows/fence.h"
#include "base/list.h"
#include "os/os.h"
#include "stand_in.h"

enum { ANSWER_MS = 20000 };

static struct cordon_error err;

bool operation_begins(const char *name, struct cordon_error *error)
{
	(void)error;
	return name;
}

/* -- runners that lie ---------------------------------------------------------------------------------------------- */

static void connect_to(uint32_t port)
{
	WSADATA about;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (WSAStartup(MAKEWORD(2, 2), &about) != 0)
		return;
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (connect(opened, (struct sockaddr *)&address, sizeof address) != 0)
		exit(79);
}

/* Says that all was refused; "connects" connects before. */
static int lying_runner(const char *how, const WCHAR *name, DWORD server)
{
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	static const struct frame_reached refused = { { WSAEACCES, WSAEACCES, WSAEACCES, WSAEACCES } };
	struct frame frame;
	struct frame_reach reach;
	if (!pipe_join(name, server, &pipe, &err) || !pipe_receive(pipe, NULL, ANSWER_MS, &order, &frame, &err) ||
	    !frame_read_reach(&frame, &reach, &err))
		return 78;
	if (strcmp(how, "connects") == 0)
		connect_to(reach.port);
	if (frame_write_reached(&refused, &bytes, &err) && pipe_send(pipe, NULL, &bytes, ANSWER_MS, &err))
		Sleep(60000);
	return 77;
}

/* -- the cases ----------------------------------------------------------------------------------------------------- */

static struct identities identities;
static struct account account;

static int setup(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	make_directory(in_scratch("profile"));
	runner_program = NULL;
	return identities_make(0, &identities, &err) && logon_claim(POOL_CLOSED, &account, &err) &&
			       identities_add(&identities, SID_ACCOUNT, account.sid, &err) &&
			       identities_add(&identities, SID_ACCOUNTS, account.group_sid, &err)
		       ? 0
		       : -1;
}

static int teardown(void **state)
{
	(void)state;
	account_release(&account);
	identities_free(&identities);
	return 0;
}

static bool check(const char *how)
{
	static const struct windows_job no_limits = { 0 };
	struct runner runner = { .account = &account, .identities = &identities };
	err = (struct cordon_error)CORDON_ERROR_INIT;
	lie = how;
	if (!runner_make_job(&runner, &no_limits, &err) || !runner_copy(&runner, scratch, &err) ||
	    !runner_make_desktop(&runner, &err) || !runner_make_pipe(&runner, &err) || !runner_start(&runner, &err) ||
	    !runner_confine(&runner, &err) || !runner_meet(&runner, &err))
		fail_msg("%s", err.text);
	bool holds = fence_check(&runner, &err);
	TerminateProcess(runner.process.hProcess, 1);
	runner_free(&runner);
	return holds;
}

static void fence__that_there_is_not_is_found_out(void **state)
{
	(void)state;
	assert_false(check(""));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "reaches the network"));
}

static void fence__believes_no_runner_that_came_through(void **state)
{
	(void)state;
	assert_false(check("connects"));
	assert_non_null(strstr(err.text, "reaches the network"));
	/* The control: refused, as it says, and nobody came. */
	if (!check("refused"))
		fail_msg("%s", err.text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fence__that_there_is_not_is_found_out),
		cmocka_unit_test(fence__believes_no_runner_that_came_through),
	};
	if (argc > 3 && strcmp(argv[1], "runner") == 0)
		return stand_in_serve(argc, argv, lying_runner);
	return cmocka_run_group_tests(tests, setup, teardown);
}
