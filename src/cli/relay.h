/* cli/relay.h: between the user's terminal and the one that the command has of its own.
 *
 *	relay_new -> relay_ask -> (the run starts) -> relay_serve after each host_wait -> relay_drain -> relay_free
 *
 * While the command is in the foreground the user's terminal is raw: what is typed, Ctrl-C too, is the command's. It is
 * as it was before whenever the relay does not have it: suspended, in the background, and on every way out, SIGKILL
 * included. A relay of NULL is fine everywhere: there is nothing to relay.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cordon/cordon.h"

enum relay_wish {
	RELAY_FOUND,  /* in place of each of 0, 1, 2 that is a terminal */
	RELAY_ALWAYS, /* in place of all three, whatever they are */
	RELAY_NEVER,
};

struct relay;

/* *ret_relay is NULL where no terminal is to be relayed. */
CORDON_CHECKED bool relay_new(enum relay_wish wish, struct relay **ret_relay, struct cordon_error *err);

/* Asks in the options for the terminal inside. */
void relay_ask(const struct relay *relay, struct cordon_run_options *options);

/* Moves what there is to move without waiting, and follows the run: takes its terminal once it has one, suspends cordon
 * when the command has stopped.
 */
CORDON_CHECKED bool relay_serve(struct relay *relay, struct cordon_run *run, struct cordon_error *err);

/* In how many milliseconds relay_serve has something to do though nothing is ready; -1: nothing. */
int relay_timeout(const struct relay *relay);

/* Takes a signal that is the relay's business; false: it is the command's. */
bool relay_signal(struct relay *relay, struct cordon_run *run, int signal);

/* Does Ctrl-C reach the command by the relay? */
bool relay_has_keyboard(const struct relay *relay);

/* When the run is over: writes what it has printed last, until a signal comes. The user's terminal is as it was
 * afterwards.
 */
void relay_drain(struct relay *relay, struct cordon_run *run);

struct relay *relay_free(struct relay *relay); /* returns NULL */
