/* There is no relay on Windows yet: the command has the console, or what the streams are. */
#include "cli/relay.h"

#include <stddef.h>

bool relay_new(enum relay_wish wish, struct relay **ret_relay, struct cordon_error *err)
{
	(void)ret_relay;
	return wish != RELAY_ALWAYS || cordon_fail(err, CORDON_UNSUPPORTED, "--tty is not in this version for Windows");
}

void relay_ask(const struct relay *relay, struct cordon_run_options *options)
{
	(void)relay;
	(void)options;
}

bool relay_serve(struct relay *relay, struct cordon_run *run, struct cordon_error *err)
{
	(void)relay;
	(void)run;
	(void)err;
	return true;
}

int relay_timeout(const struct relay *relay)
{
	(void)relay;
	return -1;
}

bool relay_signal(struct relay *relay, struct cordon_run *run, int signal)
{
	(void)relay;
	(void)run;
	(void)signal;
	return false;
}

bool relay_has_keyboard(const struct relay *relay)
{
	(void)relay;
	return false;
}

void relay_drain(struct relay *relay, struct cordon_run *run)
{
	(void)relay;
	(void)run;
}

struct relay *relay_free(struct relay *relay)
{
	(void)relay;
	return NULL;
}
