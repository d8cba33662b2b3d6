/* cordon-gate: started by cordon for a run whose network is filtered; see gate.h. */
#include "network/windows/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct settings settings;

/* What a hostile server's or command's bytes might get hold of: the user's privileges go for good. */
static bool drop_privileges(void)
{
	union {
		TOKEN_PRIVILEGES privileges;
		BYTE bytes[4096];
	} had;
	HANDLE token;
	DWORD length;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
		return false;
	bool is_fine = GetTokenInformation(token, TokenPrivileges, &had, sizeof had, &length);
	for (DWORD i = 0; is_fine && i < had.privileges.PrivilegeCount; i++)
		had.privileges.Privileges[i].Attributes = SE_PRIVILEGE_REMOVED;
	is_fine = is_fine && AdjustTokenPrivileges(token, FALSE, &had.privileges, 0, NULL, NULL);
	CloseHandle(token);
	return is_fine;
}

static bool set_password(struct gate *gate)
{
	static struct upstream self;
	char url[sizeof settings.password + 64];
	if (!*settings.password)
		return true;
	snprintf(url, sizeof url, "http://" GATE_USER ":%s@127.0.0.1:1", settings.password);
	gate->password = settings.password;
	gate->credentials = self.credentials;
	return upstream_read(url, &self) == NULL;
}

static void tick(uv_timer_t *timer)
{
	struct gate *gate = timer->data;
	connection_check_deadlines(gate);
	/* handles may be free again */
	if (gate->is_paused && gate->connection_count < CONNECTIONS_MAX)
		listeners_pause(gate, false);
}

/* Says where it listens, or why it does not. */
static bool start(struct gate *gate)
{
	DWORD code = ERROR_NOT_ENOUGH_MEMORY;
	struct gate_message message = { .kind = GATE_NETWORK };
	gate->clock.data = gate;
	bool is_fine = uv_timer_init(&gate->loop, &gate->clock) == 0 &&
		       uv_timer_start(&gate->clock, tick, 1000, 1000) == 0 && supervisor_begin(gate);
	if (is_fine)
		message.port = listener_begin(gate, settings.port, &code);
	message.number = message.port ? 0 : code;
	supervisor_tell(&message);
	return is_fine;
}

int main(void)
{
	static struct gate gate;
	/* The current directory is the workspace: no library comes from there. */
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	/* Lookups wait long where a name server is silent, and others must not wait for them. */
	_putenv("UV_THREADPOOL_SIZE=16");
	if (!settings_read(&gate, &settings) || !set_password(&gate) || !drop_privileges() ||
	    uv_loop_init(&gate.loop) != 0)
		return 1;
	gate.counters = MapViewOfFile(settings.counters, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *gate.counters);
	attribution_begin(settings.job, settings.account);
	if (!gate.counters || !start(&gate))
		return 1;
	for (;;) {
		uv_run(&gate.loop, UV_RUN_ONCE);
		connection_free_ended(&gate);
		if (gate.is_last)
			last_check(&gate);
	}
}
