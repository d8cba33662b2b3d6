/* The gate as a run would have it, started for real: this program is the client, once in the run's job and once not, and
 * the server that it wants to reach. Everything is on 127.0.0.1.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "backend/windows/cage.h"
#include "backend/windows/gate.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "policy/policy.h"
#include "scratch.h"
#include "stand_in.h"

#include <wininet.h>

enum { CHILD_MS = 60000, MANY = 1000, ANSWER_MAX = 4096 };

/* -- the client ---------------------------------------------------------------------------------------------------- */

static SOCKET connect_to(unsigned port)
{
	const struct sockaddr_in place = { .sin_family = AF_INET,
					   .sin_port = htons((u_short)port),
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const DWORD patience = CHILD_MS / 2;
	SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (made == INVALID_SOCKET)
		return INVALID_SOCKET;
	setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, (const char *)&patience, sizeof patience);
	if (connect(made, (const struct sockaddr *)&place, sizeof place) == 0)
		return made;
	closesocket(made);
	return INVALID_SOCKET;
}

static bool say(SOCKET to, const char *bytes, size_t length)
{
	return send(to, bytes, (int)length, 0) == (int)length;
}

/* Up to the end of a head; false when the connection ends before. */
static bool hear_head(SOCKET from, char answer[ANSWER_MAX])
{
	size_t length = 0;
	while (length < ANSWER_MAX - 1 && recv(from, answer + length, 1, 0) == 1) {
		answer[++length] = '\0';
		if (length >= 4 && strcmp(answer + length - 4, "\r\n\r\n") == 0)
			return true;
	}
	answer[length] = '\0';
	return false;
}

/* The status of an answer, 0: there was none that is whole. */
static int hear_status(SOCKET from)
{
	char answer[ANSWER_MAX];
	return hear_head(from, answer) && strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

static int get(SOCKET through, unsigned port)
{
	char request[200];
	snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", port);
	return say(through, request, strlen(request)) ? hear_status(through) : 0;
}

/* Each gives the status of the server's answer, or of the gate's that refuses; 0: neither came. */
static int ask_by_connect(SOCKET gate, const char *host, unsigned port, const char *header)
{
	char request[600];
	snprintf(request, sizeof request, "CONNECT %s:%u HTTP/1.1\r\nHost: %s:%u\r\n%s\r\n", host, port, host, port,
		 header);
	int status = say(gate, request, strlen(request)) ? hear_status(gate) : 0;
	return status == 200 ? get(gate, port) : status;
}

static int ask_in_absolute_form(SOCKET gate, const char *host, unsigned port, const char *header)
{
	char request[600];
	snprintf(request, sizeof request, "GET http://%s:%u/ HTTP/1.1\r\nHost: %s:%u\r\n%s\r\n", host, port, host, port,
		 header);
	return say(gate, request, strlen(request)) ? hear_status(gate) : 0;
}

/* With a password "cordon" is who says it. A reply of refusal is 1000 and its number. */
static int ask_by_socks(SOCKET gate, const char *host, unsigned port, const char *password)
{
	char request[600], reply[10];
	size_t name = strlen(host), secret = strlen(password);
	bool is_open = !*password;
	if (!say(gate, is_open ? "\5\1\0" : "\5\2\0\2", is_open ? 3 : 4) || recv(gate, reply, 2, MSG_WAITALL) != 2 ||
	    reply[1] != (is_open ? 0 : 2))
		return 0;
	int length = snprintf(request, sizeof request, "%c%ccordon%c%s", 1, 6, (int)secret, password);
	if (!is_open &&
	    (!say(gate, request, (size_t)length) || recv(gate, reply, 2, MSG_WAITALL) != 2 || reply[1] != 0))
		return 0;
	memcpy(request, "\5\1\0\3", 4);
	request[4] = (char)name;
	memcpy(request + 5, host, name);
	request[5 + name] = (char)(port >> 8);
	request[6 + name] = (char)port;
	if (!say(gate, request, 7 + name) || recv(gate, reply, 10, MSG_WAITALL) != 10)
		return 0;
	return reply[1] == 0 ? get(gate, port) : 1000 + reply[1];
}

static int ask(const char *how, unsigned gate_at, const char *host, unsigned port, const char *extra)
{
	SOCKET gate = connect_to(gate_at);
	if (gate == INVALID_SOCKET)
		return 0;
	int status = strcmp(how, "connect") == 0    ? ask_by_connect(gate, host, port, extra)
		     : strcmp(how, "absolute") == 0 ? ask_in_absolute_form(gate, host, port, extra)
						    : ask_by_socks(gate, host, port, extra);
	closesocket(gate);
	return status;
}

/* Told of no gate but by the settings of Windows. The status, 0: there is none. */
static int ask_by_wininet(const char *scheme, const char *host, unsigned port)
{
	char url[300];
	DWORD status = 0, size = sizeof status;
	HINTERNET session = InternetOpenA("test", INTERNET_OPEN_TYPE_PRECONFIG, NULL, NULL, 0);
	snprintf(url, sizeof url, "%s://%s:%u/", scheme, host, port);
	HINTERNET answer = InternetOpenUrlA(session, url, NULL, 0, INTERNET_FLAG_RELOAD | INTERNET_FLAG_NO_UI, 0);
	if (answer)
		HttpQueryInfoA(answer, HTTP_QUERY_STATUS_CODE | HTTP_QUERY_FLAG_NUMBER, &status, &size, NULL);
	InternetCloseHandle(answer);
	InternetCloseHandle(session);
	return (int)status;
}

/* All tunnels stand before anything is asked through one: how many brought an answer. */
static int ask_many(unsigned gate_at, unsigned port, int count)
{
	static SOCKET tunnels[MANY];
	char request[200];
	int answered = 0;
	snprintf(request, sizeof request, "CONNECT localhost:%u HTTP/1.1\r\nHost: localhost\r\n\r\n", port);
	for (int i = 0; i < count; i++) {
		tunnels[i] = connect_to(gate_at);
		say(tunnels[i], request, strlen(request));
	}
	for (int i = 0; i < count; i++)
		if (hear_status(tunnels[i]) != 200)
			return -i;
	for (int i = 0; i < count; i++) {
		answered += get(tunnels[i], port) == 200;
		closesocket(tunnels[i]);
	}
	return answered;
}

/* Prints what each of the questions brought: its way, host, port and what else is said. */
static int client(int argc, char **argv)
{
	unsigned gate_at = (unsigned)atoi(argv[2]);
	const char *proxy = getenv("http_proxy"), *colon = proxy ? strrchr(proxy, ':') : NULL;
	if (gate_at == 0 && colon)
		gate_at = (unsigned)atoi(colon + 1);
	for (int i = 3; i + 3 < argc; i += 4) {
		unsigned port = (unsigned)atoi(argv[i + 2]);
		if (i > 3)
			printf(" ");
		if (strcmp(argv[i], "wininet") == 0)
			printf("%d", ask_by_wininet(argv[i + 3], argv[i + 1], port));
		else
			printf("%d", strcmp(argv[i], "many") == 0
					     ? ask_many(gate_at, port, atoi(argv[i + 3]))
					     : ask(argv[i], gate_at, argv[i + 1], port, argv[i + 3]));
	}
	return fflush(stdout);
}

/* -- the server ---------------------------------------------------------------------------------------------------- */

static SOCKET server;
static unsigned server_port;
static volatile LONG served;

/* One after the other, so that no test finds more answers than it has asked for. */
static DWORD WINAPI serve(void *unused)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
	char request[ANSWER_MAX];
	SOCKET made;
	(void)unused;
	while ((made = accept(server, NULL, NULL)) != INVALID_SOCKET) {
		if (hear_head(made, request)) {
			InterlockedIncrement(&served);
			say(made, answer, sizeof answer - 1);
		}
		shutdown(made, SD_SEND);
		recv(made, request, sizeof request, 0);
		closesocket(made);
	}
	return 0;
}

static unsigned listen_anywhere(SOCKET *ret_listener)
{
	struct sockaddr_in place = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int size = sizeof place;
	*ret_listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	assert_int_equal(bind(*ret_listener, (const struct sockaddr *)&place, sizeof place), 0);
	assert_int_equal(listen(*ret_listener, 4096), 0);
	assert_int_equal(getsockname(*ret_listener, (struct sockaddr *)&place, &size), 0);
	return ntohs(place.sin_port);
}

static int start_server(void **state)
{
	(void)state;
	server_port = listen_anywhere(&server);
	HANDLE thread = CreateThread(NULL, 0, serve, NULL, 0, NULL);
	return thread && CloseHandle(thread) ? 0 : -1;
}

/* -- the run ------------------------------------------------------------------------------------------------------- */

static char own_path[1024];

struct run {
	struct policy *policy;
	struct facts *facts;
	struct plan plan;
	HANDLE job, ready;
	struct gate *gate;
};

static void end_run(struct run *run)
{
	run->gate = gate_end(run->gate);
	close_handle(&run->job);
	close_handle(&run->ready);
	policy_free(run->policy);
	facts_free(run->facts);
}

/* Allows localhost at the server's port, and *.example.test at any. */
static bool begin_run(struct run *run, uint16_t port, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	char text[300];
	const char *missing;
	memset(run, 0, sizeof *run);
	snprintf(text, sizeof text,
		 "{ \"network\": { \"mode\": \"filtered\", \"allow\": [\"localhost:%u\", \"*.example.test\"] } }",
		 server_port);
	run->policy = policy_new(TARGET_WINDOWS);
	run->ready = CreateEventW(NULL, FALSE, FALSE, NULL);
	assert_true(policy_add_text(run->policy, LAYER_POLICY, "C:\\policy.json", "C:\\", text, strlen(text), err) &&
		    facts_assume_windows(NULL, &run->facts, err) && policy_resolve(run->policy, run->facts, err) &&
		    job_make(&no_limits, &run->job, &missing, err));
	run->plan.policy = run->policy;
	run->plan.facts = run->facts;
	const struct gate_wanted wanted = { .plan = &run->plan, .job = run->job, .port = port, .ready = run->ready };
	return gate_start(&wanted, &run->gate, err);
}

static void begin(struct run *run)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!begin_run(run, 0, &err))
		fail_msg("%s", err.text);
}

/* In the run's job; its whole status. */
static int run_inside(const struct run *run, const char *program, char *const *argv, HANDLE output)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	PROCESS_INFORMATION process;
	DWORD status;
	const struct launch launch = {
		.program = program, .argv = argv, .job = run->job, .streams = { NULL, output, NULL }
	};
	if (!launch_start(&launch, &process, &err))
		fail_msg("%s", err.text);
	ResumeThread(process.hThread);
	assert_int_equal(WaitForSingleObject(process.hProcess, CHILD_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeProcess(process.hProcess, &status));
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return (int)status;
}

struct question {
	const char *way, *host;
	unsigned port;
	const char *extra; /* a header, a password, a number */
};

/* What one client in the run's job hears of that gate, "200 403". */
static const char *ask_at(const struct run *run, unsigned gate_at, const struct question *questions, size_t count)
{
	static char answers[200];
	enum { QUESTIONS_MAX = 8 };
	char numbers[QUESTIONS_MAX + 1][8], *argv[4 + 4 * QUESTIONS_MAX] = { "test", "client", numbers[QUESTIONS_MAX] };
	HANDLE from, to;
	DWORD length = 0;
	assert_true(count <= QUESTIONS_MAX && CreatePipe(&from, &to, NULL, sizeof answers));
	snprintf(numbers[QUESTIONS_MAX], sizeof *numbers, "%u", gate_at);
	for (size_t i = 0; i < count; i++) {
		char **at = argv + 3 + 4 * i;
		snprintf(numbers[i], sizeof *numbers, "%u", questions[i].port);
		at[0] = (char *)(uintptr_t)questions[i].way;
		at[1] = (char *)(uintptr_t)questions[i].host;
		at[2] = numbers[i];
		at[3] = (char *)(uintptr_t)questions[i].extra;
	}
	assert_int_equal(run_inside(run, own_path, argv, to), 0);
	CloseHandle(to);
	assert_true(ReadFile(from, answers, sizeof answers - 1, &length, NULL));
	answers[length] = '\0';
	CloseHandle(from);
	return answers;
}

#define ASK(run, ...) \
	ask_at(run, gate_port((run)->gate), (const struct question[]){ __VA_ARGS__ }, \
	       sizeof((const struct question[]){ __VA_ARGS__ }) / sizeof(struct question))

static void gate__lets_through_what_is_allowed(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	begin(&run);
	const LONG before = served;
	assert_string_equal(
		ASK(&run, { "connect", "localhost", server_port, "" }, { "connect", "127.0.0.1", server_port, "" },
		    { "absolute", "localhost", server_port, "" }, { "socks", "localhost", server_port, "" }),
		"200 200 200 200");
	assert_int_equal(served - before, 4);
}

/* The server is there and answers whoever reaches it: it is not asked. */
static void gate__refuses_what_is_not_allowed(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	SOCKET other;
	u_long yes = 1;
	const LONG before = served;
	unsigned other_port = listen_anywhere(&other);
	begin(&run);
	assert_string_equal(ASK(&run, { "connect", "localhost", other_port, "" },
				{ "absolute", "other.test", server_port, "" }, { "absolute", "10.0.0.1", 80, "" },
				{ "socks", "other.test", server_port, "" }),
			    "403 403 403 1002");
	assert_int_equal(served, before);
	ioctlsocket(other, FIONBIO, &yes);
	assert_true(accept(other, NULL, NULL) == INVALID_SOCKET);
	closesocket(other);
}

static void free_traffic(struct cage_traffic **traffic)
{
	free(*traffic);
}

static void gate__tells_what_it_refused_and_counts(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	struct cage_event event = { .kind = CAGE_NOTHING };
	uint64_t in, out;
	char name[40];
	begin(&run);
	assert_string_equal(ASK(&run, { "absolute", "localhost", server_port, "" },
				{ "absolute", "localhost", server_port, "" }, { "connect", "other.test", 443, "" }),
			    "200 200 403");
	while (!gate_take(run.gate, &event))
		assert_int_equal(WaitForSingleObject(run.ready, CHILD_MS), WAIT_OBJECT_0);
	assert_int_equal(event.kind, CAGE_DENIED);
	assert_int_equal(event.denied.act, ACT_CONNECT);
	assert_string_equal(event.denied.path, "other.test:443");
	gate_finish(run.gate);
	struct cage_traffic *traffic = gate_traffic(run.gate);
	snprintf(name, sizeof name, "localhost:%u", server_port);
	assert_non_null(traffic);
	assert_int_equal(traffic->connections, 2);
	assert_int_equal(traffic->refused, 1);
	assert_int_equal(traffic->host_count, 1);
	assert_string_equal(traffic->hosts[0].name, name);
	assert_int_equal(traffic->hosts[0].connections, 2);
	gate_count(run.gate, &in, &out);
	assert_true(in > 2 * 40 && out > 2 * 20);
	assert_int_equal(traffic->hosts[0].bytes_in, in);
	assert_int_equal(traffic->hosts[0].bytes_out, out);
	free(traffic);
}

/* The gate counts them in another process, once it has closed the connection. */
static void expect_strangers(const struct run *run, unsigned count)
{
	for (unsigned waited = 0; gate_strangers(run->gate) < count && waited < CHILD_MS; waited += 10)
		Sleep(10);
	assert_int_equal(gate_strangers(run->gate), count);
}

/* Every program on the host can connect to a port of loopback. Another run's process is a stranger like any. */
static void gate__refuses_who_is_not_of_the_run(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	CORDON_ON_EXIT(end_run) struct run other;
	static const char *const ways[] = { "connect", "absolute", "socks" };
	begin(&run);
	begin(&other);
	const struct question questions[] = { { "connect", "localhost", server_port, "" },
					      { "absolute", "localhost", server_port, "" },
					      { "socks", "localhost", server_port, "" } };
	const unsigned gate_at = gate_port(run.gate);
	assert_int_not_equal(gate_at, gate_port(other.gate));
	assert_string_equal(ask_at(&run, gate_at, questions, 3), "200 200 200");
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		assert_int_equal(ask(ways[i], gate_at, "localhost", server_port, ""), 0);
	expect_strangers(&run, 3);
	assert_string_equal(ask_at(&other, gate_at, questions, 3), "0 0 0");
	expect_strangers(&run, 6);
	assert_string_equal(ask_at(&other, gate_port(other.gate), questions, 3), "200 200 200");
}

static char *header_of(const struct run *run, const char *user, char header[300])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *said = gate_fill(run->gate, user);
	size_t length = strlen(said), at = (size_t)snprintf(header, 300, "Proxy-Authorization: basic ");
	for (size_t i = 0; i < length; i += 3) {
		const unsigned char *b = (const unsigned char *)said + i;
		unsigned three = (unsigned)b[0] << 16 | (i + 1 < length ? (unsigned)b[1] << 8 : 0) |
				 (i + 2 < length ? b[2] : 0u);
		for (unsigned j = 0; j < 4; j++)
			header[at++] = j <= length - i ? digits[three >> (18 - 6 * j) & 63] : '=';
	}
	strcpy(header + at, "\r\n");
	free(said);
	return header;
}

/* Who says no password is known by its process; who says a wrong one is somebody else. */
static void gate__refuses_a_wrong_password(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	char right[300], longer[300], other[300];
	begin(&run);
	char *password = gate_fill(run.gate, "${gate.password}"), *wrong = strdup(password);
	assert_int_equal(strlen(password), 32);
	wrong[31] = wrong[31] == '0' ? '1' : '0';
	header_of(&run, "cordon:${gate.password}", right);
	header_of(&run, "cordon:${gate.password}x", longer);
	header_of(&run, "x:${gate.password}", other);
	assert_string_equal(
		ASK(&run, { "connect", "localhost", server_port, right },
		    { "absolute", "localhost", server_port, right }, { "connect", "localhost", server_port, longer },
		    { "absolute", "localhost", server_port, other }, { "socks", "localhost", server_port, password },
		    { "socks", "localhost", server_port, wrong }),
		"200 200 407 407 200 0");
	expect_strangers(&run, 3);
	free(password);
	free(wrong);
}

/* Wine finds the owner of each connection by looking through all that all processes have open, and takes minutes for a
 * thousand.
 */
static void gate__bears_many_connections(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	const char *many = getenv("CORDON_TEST_MANY");
	if (!many)
		many = is_wine() ? "30" : "1000";
	begin(&run);
	assert_string_equal(ASK(&run, { "many", "localhost", server_port, many }), many);
	gate_finish(run.gate);
	struct cage_traffic *traffic = gate_traffic(run.gate);
	assert_non_null(traffic);
	assert_int_equal(traffic->connections, atoi(many));
	free(traffic);
}

/* Killed, it leaves nothing that answers. */
static void gate__that_is_gone_is_closed(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	begin(&run);
	assert_string_equal(ASK(&run, { "connect", "localhost", server_port, "" }), "200");
	assert_false(gate_is_gone(run.gate));
	HANDLE gate = OpenProcess(PROCESS_TERMINATE, FALSE, gate_process(run.gate));
	assert_non_null(gate);
	assert_true(TerminateProcess(gate, 1));
	CloseHandle(gate);
	while (!gate_is_gone(run.gate))
		assert_int_equal(WaitForSingleObject(run.ready, CHILD_MS), WAIT_OBJECT_0);
	assert_string_equal(
		ASK(&run, { "connect", "localhost", server_port, "" }, { "socks", "localhost", server_port, "" }),
		"0 0");
}

/* The filters leave one port open: who else has it is no gate. */
static void gate__refuses_a_port_that_is_somebodys(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	struct cordon_error err = CORDON_ERROR_INIT;
	SOCKET other;
	unsigned port = listen_anywhere(&other);
	char wanted[40];
	assert_false(begin_run(&run, (uint16_t)port, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	snprintf(wanted, sizeof wanted, "listen on port %u of 127.0.0.1", port);
	if (!strstr(err.text, wanted))
		fail_msg("%s", err.text);
	closesocket(other);
}

static void gate__fills_in_its_place(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run;
	char wanted[100];
	begin(&run);
	char *password = gate_fill(run.gate, "${gate.password}");
	char *url = gate_fill(run.gate, "http://cordon:${gate.password}@127.0.0.1:${gate.port}");
	snprintf(wanted, sizeof wanted, "http://cordon:%s@127.0.0.1:%u", password, gate_port(run.gate));
	assert_string_equal(url, wanted);
	free(password);
	free(url);
}

/* -- as the backend has it ----------------------------------------------------------------------------------------- */

enum { LEVEL_OF_WINE = 0x3000 };

static struct cage_event next_of(struct cage *cage)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event event = { .kind = CAGE_NOTHING };
	while (event.kind == CAGE_NOTHING) {
		assert_int_equal(WaitForSingleObject((HANDLE)(intptr_t)backend_native.waitable(cage), CHILD_MS),
				 WAIT_OBJECT_0);
		assert_true(backend_native.next_event(cage, 0, &event, &err));
	}
	return event;
}

static uint16_t find_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int size = sizeof at;
	SOCKET taken = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(bind(taken, (struct sockaddr *)&at, size) == 0 &&
		    getsockname(taken, (struct sockaddr *)&at, &size) == 0);
	closesocket(taken);
	return ntohs(at.sin_port);
}

/* Its variables lead the command to the gate, and the report has what went through. With the user's own account in
 * the place of another.
 */
static void run__with_a_filtered_network_has_a_gate(void **state)
{
	(void)state;
	static const struct windows_variable variables[] = {
		{ "TEMP", "${run.temp}" },
		{ "http_proxy", "http://cordon:${gate.password}@127.0.0.1:${gate.port}" },
		{ NULL, NULL },
	};
	static const char *const no_mitigations[] = { NULL };
	static struct sid grants[] = { { SID_SYSTEM, 0 }, { SID_ACCOUNT, 0 }, { SID_RUN, 0 } };
	struct plan_windows windows = {
		.tier = TIER_ACCOUNT,
		.token = { .integrity = is_wine() ? LEVEL_OF_WINE : INTEGRITY_MEDIUM,
			   .default_grants = { grants, COUNT_OF(grants), COUNT_OF(grants) } },
		.mitigations = no_mitigations,
		.variables = variables,
	};
	CORDON_ON_EXIT(end_run) struct run run;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct facts *facts;
	struct cage *cage;
	HANDLE from, to;
	char at[8], answers[100] = "", text[200];
	DWORD length;
	begin(&run);
	struct policy *policy = policy_new(TARGET_WINDOWS);
	snprintf(text, sizeof text, "{ \"network\": { \"mode\": \"filtered\", \"allow\": [\"localhost:%u\"] } }",
		 server_port);
	assert_true(policy_add_text(policy, LAYER_POLICY, "C:\\policy.json", "C:\\", text, strlen(text), &err) &&
		    policy_resolve(policy, run.facts, &err));
	run.plan.policy = policy;
	stand_in_port = find_port();
	assert_true(os_survey_host(scratch, &facts, &err) && CreatePipe(&from, &to, NULL, 4096));
	run.plan.target = TARGET_WINDOWS;
	run.plan.network = NETWORK_FILTERED;
	run.plan.facts = facts;
	run.plan.directory = facts->workspace;
	run.plan.environment = facts->environment;
	run.plan.windows = &windows;
	snprintf(at, sizeof at, "%u", server_port);
	char *const argv[] = { own_path, "client",  "0",          "absolute", "127.0.0.1", at,
			       "",       "connect", "other.test", "443",      "",          NULL };
	const struct handover handover = { .streams = { 0, (int)(intptr_t)to, 2 } };
	if (!backend_native.begin(&handover, &cage, &err) || !backend_native.start(cage, &run.plan, NULL, argv, &err))
		fail_msg("%s", err.text);
	CloseHandle(to);
	assert_int_equal(gate_port(cage->gate), stand_in_port);
	assert_int_equal(next_of(cage).kind, CAGE_STARTED);
	struct cage_event event = next_of(cage);
	assert_int_equal(event.kind, CAGE_DENIED);
	assert_string_equal(event.denied.path, "other.test:443");
	event = next_of(cage);
	assert_int_equal(event.kind, CAGE_ENDED);
	assert_int_equal(event.exit.code, 0);
	assert_true(ReadFile(from, answers, sizeof answers - 1, &length, NULL));
	assert_string_equal(answers, "200 403");
	assert_non_null(event.exit.traffic);
	assert_int_equal(event.exit.traffic->connections, 1);
	assert_int_equal(event.exit.traffic->refused, 1);
	assert_true(event.exit.usage.has_network && event.exit.usage.net_bytes_in > 40);
	free(event.exit.traffic);
	CloseHandle(from);
	backend_native.discard(cage);
	policy_free(policy);
	facts_free(facts);
	run.plan.facts = NULL;
}

/* A program of somebody else's, by its own HTTP client. */
static void gate__serves_node(void **state)
{
	(void)state;
	static const char script[] =
		"const http = require('http'), [gate, port] = process.argv.slice(1).map(Number);"
		"const to = 'localhost:' + port;"
		"http.get({ host: '127.0.0.1', port: gate, path: 'http://' + to + '/', headers: { Host: to } }, first => {"
		"  first.resume();"
		"  http.request({ host: '127.0.0.1', port: gate, method: 'CONNECT', path: to }).on('connect', (answer, socket) => {"
		"    http.get({ createConnection: () => socket, headers: { Host: to } }, second => {"
		"      process.exit(first.statusCode === 200 && answer.statusCode === 200 && second.statusCode === 200 ? 42 : 1);"
		"    });"
		"  }).end();"
		"}).on('error', () => process.exit(2));";
	const char *node = find_program("node.exe");
	if (!node)
		skip();
	CORDON_ON_EXIT(end_run) struct run run;
	char gate_at[8], at[8];
	begin(&run);
	snprintf(gate_at, sizeof gate_at, "%u", gate_port(run.gate));
	snprintf(at, sizeof at, "%u", server_port);
	char *const argv[] = { "node", "-e", (char *)(uintptr_t)script, gate_at, at, NULL };
	assert_int_equal(run_inside(&run, node, argv, NULL), 42);
}

/* -- by the settings of Windows ------------------------------------------------------------------------------------ */

/* The tester's own, changed for a moment under Wine, where they are the prefix's: on Windows a test that is ended in the
 * middle would leave him without a network.
 */
static const WCHAR own_proxy_key[] = L"Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

static void own_proxy_end(void)
{
	static const WCHAR *const values[] = { L"ProxyEnable", L"ProxyServer", L"ProxyOverride" };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		RegDeleteKeyValueW(HKEY_CURRENT_USER, own_proxy_key, values[i]);
}

/* As if nothing had ever been set. Skips the test, or lets Wine keep what it leaves out when it is set. */
static void own_proxy_begin(bool keeps_bypass)
{
	static const WCHAR bypass[] = L"<-loopback>";
	if (!is_wine()) {
		print_message("on Windows this would change your own proxy settings\n");
		skip();
	}
	own_proxy_end();
	if (keeps_bypass)
		assert_int_equal(RegSetKeyValueW(HKEY_CURRENT_USER, own_proxy_key, L"ProxyOverride", REG_SZ, bypass,
						 sizeof bypass),
				 ERROR_SUCCESS);
}

static int end_own_proxy(void **state)
{
	(void)state;
	own_proxy_end();
	return 0;
}

/* Wine leaves the list out: that the answer is yes is not enough. */
static void settings__that_do_not_read_back_are_an_error(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	own_proxy_begin(false);
	assert_false(system_proxy_tell(4711, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "InternetSetOption succeeded, and the account's list of hosts without"));
}

/* A program that knows the settings of Windows alone: what it asks for by name, in the clear and by TLS, the gate decides. */
static void gate__is_found_by_the_settings_of_windows(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_run) struct run run = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event event = { .kind = CAGE_NOTHING };
	own_proxy_begin(true);
	begin(&run);
	/* The control: without them the program goes there itself. */
	LONG before = served;
	assert_string_equal(ASK(&run, { "wininet", "localhost", server_port, "http" }), "200");
	assert_int_equal(served - before, 1);
	gate_finish(run.gate);
	CORDON_ON_EXIT(free_traffic) struct cage_traffic *none = gate_traffic(run.gate);
	assert_int_equal(none->connections, 0);
	end_run(&run);

	begin(&run);
	if (!system_proxy_tell(gate_port(run.gate), &err))
		fail_msg("%s", err.text);
	before = served;
	assert_string_equal(ASK(&run, { "wininet", "localhost", server_port, "http" },
				{ "wininet", "other.test", server_port, "http" },
				{ "wininet", "other.test", 443, "https" }),
			    "200 403 403");
	assert_int_equal(served - before, 1);
	while (!gate_take(run.gate, &event) || strcmp(event.denied.path, "other.test:443") != 0)
		assert_int_equal(WaitForSingleObject(run.ready, CHILD_MS), WAIT_OBJECT_0);
	gate_finish(run.gate);
	CORDON_ON_EXIT(free_traffic) struct cage_traffic *traffic = gate_traffic(run.gate);
	assert_int_equal(traffic->connections, 1);
	assert_int_equal(traffic->refused, 2);
}

int main(int argc, char **argv)
{
	WSADATA about;
	WSAStartup(MAKEWORD(2, 2), &about);
	if (argc > 6 && strcmp(argv[1], "client") == 0)
		return client(argc, argv);
	if (argc == 4 && strcmp(argv[1], "runner") == 0)
		return stand_in_serve(argc, argv, NULL);
	runner_program = NULL;
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gate__lets_through_what_is_allowed),
		cmocka_unit_test(gate__refuses_what_is_not_allowed),
		cmocka_unit_test(gate__tells_what_it_refused_and_counts),
		cmocka_unit_test(gate__refuses_who_is_not_of_the_run),
		cmocka_unit_test(gate__refuses_a_wrong_password),
		cmocka_unit_test(gate__bears_many_connections),
		cmocka_unit_test(gate__that_is_gone_is_closed),
		cmocka_unit_test(gate__refuses_a_port_that_is_somebodys),
		cmocka_unit_test(gate__fills_in_its_place),
		cmocka_unit_test_setup(run__with_a_filtered_network_has_a_gate, scratch_setup),
		cmocka_unit_test(gate__serves_node),
		cmocka_unit_test_teardown(settings__that_do_not_read_back_are_an_error, end_own_proxy),
		cmocka_unit_test_teardown(gate__is_found_by_the_settings_of_windows, end_own_proxy),
	};
	return cmocka_run_group_tests(tests, start_server, NULL);
}
