/* The supervisor's side of a run on Linux: its life, and what it passes on to init. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/linux/fallback.h"
#include "backend/linux/gate.h"
#include "backend/linux/meter.h"
#include "backend/linux/output.h"
#include "backend/linux/profile.h"
#include "backend/linux/supervisor.h"

bool cage_watch(struct cage *cage, int descriptor, uint32_t events, struct cordon_error *err)
{
	struct epoll_event event = { .events = events, .data.fd = descriptor };
	if (epoll_ctl(cage->events, EPOLL_CTL_ADD, descriptor, &event) != 0)
		return cordon_fail_errno(err, errno, "watch the run");
	return true;
}

void cage_unwatch(struct cage *cage, int descriptor)
{
	epoll_ctl(cage->events, EPOLL_CTL_DEL, descriptor, NULL);
}

void cage_end(struct cage *cage)
{
	cage->is_ending = true;
	const struct message message = { .kind = MESSAGE_END };
	if (cage->output)
		output_hurry(cage->output);
	if (cage->init < 0)
		return;
	if (!cage->inside->is_fallback) {
		syscall(SYS_pidfd_send_signal, cage->init, SIGKILL, NULL, 0);
		return;
	}
	/* One that waits for its plan is told by the end of the socket. A command may have stopped it, where it can. */
	(void)!message_send(cage->control, &message, NULL);
	syscall(SYS_pidfd_send_signal, cage->init, SIGCONT, NULL, 0);
}

void cage_close(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

static int waitable(const struct cage *cage)
{
	return cage->events;
}

static void order(const struct cage *cage, enum message_kind kind, int code)
{
	const struct message message = { .kind = kind, .code = code };
	if (cage->stage == STAGE_RUNNING)
		send(cage->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void pass_signal(struct cage *cage, int number)
{
	if (number == SIGCONT)
		cage->stopped = 0;
	order(cage, MESSAGE_SIGNAL, number);
}

static void ask(struct cage *cage)
{
	pass_signal(cage, SIGTERM);
	pass_signal(cage, SIGCONT);
}

static int take_terminal(struct cage *cage)
{
	int master = cage->terminal;
	cage->terminal = -1;
	return master;
}

static uint64_t count_output(struct cage *cage, uint64_t bytes)
{
	if (!cage->output)
		return bytes;
	if (bytes == 0 && cage->is_tree_dead)
		output_end_terminal(cage->output);
	return bytes ? output_count_terminal(cage->output, bytes) : 0;
}

static int stopped(const struct cage *cage)
{
	return cage->stopped;
}

static void pause_tree(struct cage *cage)
{
	order(cage, MESSAGE_PAUSE, 0);
}

static void foreground(struct cage *cage)
{
	cage->stopped = 0;
	order(cage, MESSAGE_FOREGROUND, 0);
}

/* -- end ---------------------------------------------------------------------------------------------------------- */

/* Of all that keeps the namespaces, and then of init, which waits for that when the tree has ended. Forks of the caller
 * may have its end of the socket too: hence shutdown.
 */
static void let_go(struct cage *cage)
{
	cage->meter = meter_free(cage->meter);
	cage->mender = mender_end(cage->mender);
	cage->observer = observer_free(cage->observer);
	cage_close(&cage->view);
	cage_close(&cage->root);
	cage_close(&cage->shared_memory);
	cage_close(&cage->decoys.place);
	cage_close(&cage->table);
	if (cage->control >= 0)
		shutdown(cage->control, SHUT_RDWR);
	cage_close(&cage->control);
}

void cage_discard(struct cage *cage)
{
	if (!cage)
		return;
	if (cage->init >= 0 && cage->stage != STAGE_ENDED)
		cage_end(cage);
	if (cage->is_tree_dead || cage->stage < STAGE_RUNNING) /* the latter waits for its plan */
		let_go(cage);
	output_free(cage->output);
	/* A control group can be removed only when its last process is no more. */
	graves_dig(&cage->init, cage->is_tree_dead && !cgroup_holds_init(cage->cgroup));
	/* Until here covers were mended. */
	let_go(cage);
	if (cage->inside && cage->inside->is_fallback && cage->inside->temporary) /* init was killed: else it is gone */
		fallback_remove(cage->inside->temporary);
	cgroup_free(cage->cgroup);
	gate_end(cage->gate);
	placeholders_free(cage->placeholders);
	if (cage->was_running)
		cage->handover.settle(cage->handover.context, false);
	janitor_dismiss(cage->janitor);
	cage_close(&cage->init);
	for (int i = 0; i < CARRIED_COUNT; i++)
		cage_close(&cage->handed[i]);
	cage_close(&cage->timer);
	cage_close(&cage->terminal);
	cage_close(&cage->events);
	share_free(cage->share);
	free(cage);
}

const struct backend_ops backend_native = {
	.name = "linux",
	.probe = cage_probe,
	.assess = abilities_assess,
	.try_layer = caches_try,
	.begin = cage_begin,
	.start = cage_start,
	.waitable = waitable,
	.next_event = cage_next_event,
	.signal = pass_signal,
	.ask = ask,
	.take_terminal = take_terminal,
	.count_output = count_output,
	.stopped = stopped,
	.pause = pause_tree,
	.foreground = foreground,
	.end = cage_end,
	.discard = cage_discard,
	.sweep = sweep,
	.setup = profile_setup,
};
