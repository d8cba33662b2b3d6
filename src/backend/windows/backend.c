/* The interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/accounts.h"
#include "backend/windows/cage.h"
#include "backend/windows/console.h"
#include "backend/windows/gate.h"
#include "backend/windows/output.h"
#include "backend/windows/rounds.h"
#include "backend/windows/setup_host.h"
#include "base/scope.h"
#include "os/os.h"

enum {
	KILLED = 9,       /* as a run reports it that was ended from outside */
	SILENT_MS = 5000, /* a console that gives out nothing for so long after the command's end has given out all */
};

/* As the C runtime numbers them. */
enum { NUMBER_INTERRUPT = 2, NUMBER_BREAK = 21 };

static bool probe(struct cage *cage, struct abilities **ret_abilities, struct cordon_error *err)
{
	(void)cage;
	*ret_abilities = calloc(1, sizeof **ret_abilities);
	return *ret_abilities || cordon_fail_memory(err);
}

static bool prove(const struct plan *plan, struct abilities *abilities, struct cordon_error *err)
{
	return proved_tier(plan, false, &abilities->probing, err);
}

static bool verify(const struct plan *plan, struct verified_list *list, struct cordon_error *err)
{
	struct probing probing = { 0 };
	return proved_tier(plan, true, &probing, err) && (rounds_tell(&probing, list) || cordon_fail_memory(err));
}

static void assess(const struct plan *plan, const struct abilities *abilities,
		   struct assessment ret_rows[GUARANTEE_COUNT])
{
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (plan->guarantees[i].is_asked)
			ret_rows[i] = rounds_assess(plan, &abilities->probing, (enum guarantee)i);
}

static bool trust(const struct plan *plan, const struct abilities *abilities, struct cordon_error *err)
{
	return rounds_trust(plan, &abilities->probing, err);
}

/* -- a run --------------------------------------------------------------------------------------------------------- */

static bool begin(const struct handover *handover, struct cage **ret_cage, struct cordon_error *err)
{
	if (handover->terminal && !console_is_known())
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "this Windows has no pseudoconsoles (1809 and later have them): use --no-tty");
	if (!passed_check(handover->passed, handover->passed_count, err))
		return false;
	struct cage *cage = calloc(1, sizeof *cage);
	if (!cage)
		return cordon_fail_memory(err);
	cage->handover = *handover;
	cage->failure = (struct cordon_error)CORDON_ERROR_INIT;
	/* Set from the beginning: that the command has started, or has not, is the first that is told. */
	cage->ready = CreateEventW(NULL, TRUE, TRUE, NULL);
	if (!cage->ready) {
		windows_fail(err, GetLastError(), "CreateEvent", "make an event for the run");
		free(cage);
		return false;
	}
	*ret_cage = cage;
	return true;
}

/* A command that is not there is told of as an event: until then it was not looked for. */
static bool start(struct cage *cage, const struct plan *plan, struct abilities *abilities, char *const *argv,
		  struct cordon_error *err)
{
	(void)abilities;
	cage->plan = plan;
	cage->argv = argv;
	if (cage_start(cage, &cage->failure))
		return true;
	cage->has_failed = cage->failure.status == CORDON_NOT_FOUND || cage->failure.status == CORDON_NOT_EXECUTABLE;
	if (!cage->has_failed)
		*err = cage->failure;
	return cage->has_failed;
}

static int waitable(const struct cage *cage)
{
	return (int)(intptr_t)cage->ready;
}

/* What the gate has to say goes before the end of what it was for. */
static bool tell_gate(struct cage *cage, bool is_over, struct cage_event *event)
{
	if (!cage->gate)
		return false;
	if (is_over)
		gate_finish(cage->gate);
	if (gate_take(cage->gate, event)) {
		SetEvent(cage->ready); /* there may be more */
		return true;
	}
	if (is_over || cage->was_gate_lost_told || !gate_is_gone(cage->gate))
		return false;
	cage->was_gate_lost_told = true;
	event->kind = CAGE_GATE_LOST;
	return true;
}

static bool is_terminal_over(const struct cage *cage)
{
	return __atomic_load_n(&cage->is_terminal_over, __ATOMIC_ACQUIRE);
}

static void end_terminal(struct cage *cage)
{
	__atomic_store_n(&cage->is_terminal_over, true, __ATOMIC_RELEASE);
	SetEvent(cage->ready);
}

static void note_count(struct cage *cage)
{
	__atomic_store_n(&cage->counted_ms, os_clock(), __ATOMIC_RELEASE);
}

static void CALLBACK lose_patience(void *context, BOOLEAN is_fired)
{
	struct cage *cage = context;
	(void)is_fired;
	if (os_clock() - __atomic_load_n(&cage->counted_ms, __ATOMIC_ACQUIRE) >= SILENT_MS)
		end_terminal(cage);
}

/* What was printed last is still to come: closing the console lets it out, and its reader sees the end. Where whoever
 * serves it is stuck, nobody would see one.
 */
static bool is_terminal_awaited(struct cage *cage)
{
	if (cage->console)
		console_hang_up(cage->console);
	if (!cage->was_terminal_taken || !cage->output || is_terminal_over(cage))
		return false;
	if (cage->patience)
		return true;
	note_count(cage);
	return CreateTimerQueueTimer(&cage->patience, NULL, lose_patience, cage, SILENT_MS, SILENT_MS, 0);
}

static void tell_end(const struct cage *cage, const struct supervision *seen, struct cage_event *event)
{
	event->kind = CAGE_ENDED;
	event->exit.by_signal = seen->was_ended;
	event->exit.code = seen->was_ended ? KILLED : (int)seen->status;
	event->exit.usage = seen->usage;
	if (cage->output)
		event->exit.usage.output_bytes = counter_passed(output_counter(cage->output));
	if (cage->gate) {
		struct cage_usage *usage = &event->exit.usage;
		gate_count(cage->gate, &usage->net_bytes_in, &usage->net_bytes_out);
		usage->has_network = true;
		event->exit.traffic = gate_traffic(cage->gate);
	}
}

/* One at a time; what else there is keeps `ready` set. */
static bool tell_mended(struct cage *cage, struct cage_event *event)
{
	const struct windows_object_list *objects = &cage->plan->windows->objects;
	size_t found = objects->count, more = 0;
	AcquireSRWLockExclusive(&cage->mending);
	for (size_t i = objects->count; i-- > 0;)
		if (cage->mended[i]) {
			more += found < objects->count;
			found = i;
		}
	bool is_unprotected = cage->is_unprotected && !cage->was_unprotected_told;
	if (found < objects->count)
		cage->mended[found] = false;
	ReleaseSRWLockExclusive(&cage->mending);
	if (found == objects->count && !is_unprotected)
		return false;
	event->kind = CAGE_COVER_LOST;
	event->cover.is_mended = found < objects->count;
	for (size_t i = 0; found == objects->count; i++)
		if (objects->items[i].is_watched)
			found = i;
	event->cover.path = objects->items[found].path;
	cage->was_unprotected_told |= !event->cover.is_mended;
	if (more > 0 || (event->cover.is_mended && is_unprotected))
		SetEvent(cage->ready);
	return true;
}

static bool next_event(struct cage *cage, int timeout_ms, struct cage_event *ret_event, struct cordon_error *err)
{
	struct cage_event event = { .kind = CAGE_NOTHING, .error = CORDON_ERROR_INIT };
	(void)err;
	if (cage->has_failed) {
		event.kind = CAGE_NOT_STARTED;
		event.error = cage->failure;
	} else if (!cage->was_started_told) {
		event.kind = CAGE_STARTED;
		cage->was_started_told = true;
	} else {
		WaitForSingleObject(cage->ready, timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
		const struct supervision seen = supervisor_look(cage->supervisor);
		if (tell_mended(cage, &event)) {
			/* told */
		} else if (seen.is_over_limit && !cage->was_limit_told) {
			event.kind = CAGE_LIMIT;
			event.limit = seen.limit;
			cage->was_limit_told = true;
		} else if (seen.is_over && is_terminal_awaited(cage)) {
			ResetEvent(cage->ready); /* end_terminal sets it */
		} else if (!tell_gate(cage, seen.is_over, &event) && seen.is_over) {
			tell_end(cage, &seen, &event);
		}
	}
	*ret_event = event;
	return true;
}

/* In a console that nobody sees, Ctrl-C is typed. One that is the caller's to see is the caller's to type in; and in one
 * that it shares, the command hears Ctrl-C itself.
 */
static void pass_signal(struct cage *cage, int signal)
{
	if (cage->console && (signal == NUMBER_INTERRUPT || signal == NUMBER_BREAK))
		console_interrupt(cage->console);
}

/* As when its window is closed, which every program of Windows hears. Without a console there is nothing like it. */
static void ask(struct cage *cage)
{
	if (cage->console)
		console_hang_up(cage->console);
}

/* -- the terminal -------------------------------------------------------------------------------------------------- */

static int number_of(HANDLE handle)
{
	return handle ? (int)(intptr_t)handle : -1;
}

static int take_terminal(struct cage *cage)
{
	int number = cage->was_started_told && cage->console ? number_of(console_take_printed(cage->console)) : -1;
	cage->was_terminal_taken = cage->was_terminal_taken || number != -1;
	return number;
}

static int take_keyboard(struct cage *cage)
{
	return cage->was_started_told && cage->console ? number_of(console_take_typed(cage->console)) : -1;
}

static void resize(struct cage *cage, uint16_t rows, uint16_t columns)
{
	if (cage->console)
		console_resize(cage->console, rows, columns);
}

static uint64_t count_output(struct cage *cage, uint64_t bytes)
{
	note_count(cage);
	if (bytes == 0)
		end_terminal(cage);
	if (bytes == 0 || !cage->output)
		return bytes;
	bool is_first;
	uint64_t allowed = counter_take(output_counter(cage->output), bytes, &is_first);
	counter_pass(output_counter(cage->output), allowed);
	if (is_first)
		supervisor_exceed(cage->supervisor, LIMIT_OUTPUT);
	return allowed;
}

static void end(struct cage *cage)
{
	if (cage->is_running)
		supervisor_end(cage->supervisor);
}

static void discard(struct cage *cage)
{
	if (!cage)
		return;
	bool was_running = cage->is_running;
	cage_empty(cage);
	if (was_running && cage->handover.settle)
		cage->handover.settle(cage->handover.context, false);
	free(cage);
}

static bool is_set_up(struct cordon_error *err)
{
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	return accounts_read(&pool, err);
}

const struct backend_ops backend_native = {
	.name = "windows",
	.probe = probe,
	.prove = prove,
	.verify = verify,
	.assess = assess,
	.trust = trust,
	.begin = begin,
	.start = start,
	.waitable = waitable,
	.next_event = next_event,
	.signal = pass_signal,
	.ask = ask,
	.take_terminal = take_terminal,
	.take_keyboard = take_keyboard,
	.resize = resize,
	.count_output = count_output,
	.end = end,
	.discard = discard,
	.sweep = windows_sweep,
	.forget = roots_forget,
	.setup = windows_setup_run,
	.is_set_up = is_set_up,
};
