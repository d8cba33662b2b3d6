#include "backend_fake.h"

#include "base/list.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct fake fake;

struct abilities {
	int nothing;
};

struct cage {
	bool is_ended, was_running;
	void (*settle)(void *context, bool is_heir);
	void *context;
	int waitable; /* readable while there is something to tell */
};

void fake_reset(void)
{
	fake = (struct fake){ .next = 0 };
}

static struct cage_event *add(enum cage_event_kind kind)
{
	struct cage_event *event = &fake.events[fake.event_count++];
	*event = (struct cage_event){ .kind = kind, .error = CORDON_ERROR_INIT };
	return event;
}

void fake_add(enum cage_event_kind kind)
{
	add(kind);
}

void fake_deny(enum act act, const char *landing)
{
	struct cage_event *event = add(CAGE_DENIED);
	event->denied.act = act;
	event->denied.pid = 4711;
	event->denied.path = event->denied.landing = landing;
	event->denied.program = "/usr/bin/program";
}

void fake_deny_because(const char *reason, const char *landing)
{
	fake_deny(ACT_WRITE, landing);
	fake.events[fake.event_count - 1].denied.reason = reason;
}

void fake_try(const char *landing)
{
	struct cage_event *event = add(CAGE_DENIED);
	event->denied.act = ACT_READ;
	event->denied.path = event->denied.landing = landing;
}

void fake_exit(int code)
{
	struct cage_event *event = add(CAGE_ENDED);
	event->exit.code = code;
	event->exit.usage.cpu_ms = 12;
	event->exit.usage.memory_peak = 34567;
}

void fake_reach(const char *host)
{
	enum { HOSTS = 3 };
	struct cage_traffic *traffic = calloc(1, sizeof *traffic + HOSTS * sizeof *traffic->hosts);
	if (!traffic)
		abort();
	traffic->connections = traffic->host_count = HOSTS;
	traffic->queries = 7;
	traffic->hosts[0].connections = 1;
	traffic->hosts[0].bytes_out = 512;
	snprintf(traffic->hosts[0].name, sizeof traffic->hosts[0].name, "%s", host);
	snprintf(traffic->hosts[1].name, sizeof traffic->hosts[1].name, "localhost:3000");
	traffic->hosts[1].is_inward = true;
	add(CAGE_ENDED)->exit.traffic = traffic;
}

void fake_kill(int signal)
{
	struct cage_event *event = add(CAGE_ENDED);
	event->exit.by_signal = true;
	event->exit.code = signal;
}

void fake_exceed(enum limit limit)
{
	add(CAGE_LIMIT)->limit = limit;
	fake_kill(SIGKILL);
}

static bool probe(struct cage *cage, struct abilities **ret_abilities, struct cordon_error *err)
{
	(void)cage;
	fake.probed++;
	if (fake.fails_probe)
		return cordon_fail(err, CORDON_OS_FAILED, "the probe failed");
	*ret_abilities = calloc(1, sizeof **ret_abilities);
	return *ret_abilities || cordon_fail_memory(err);
}

static void assess(const struct plan *plan, const struct abilities *abilities,
		   struct assessment ret_rows[GUARANTEE_COUNT])
{
	(void)abilities;
	memset(ret_rows, 0, GUARANTEE_COUNT * sizeof *ret_rows);
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		if (!plan->guarantees[i].is_asked || fake.is_silent[i])
			continue;
		ret_rows[i].level = fake.levels[i] ? fake.levels[i] : LEVEL_ENFORCED;
		snprintf(ret_rows[i].why, sizeof ret_rows[i].why, "why %s", guarantee_name((enum guarantee)i));
	}
}

static bool begin(const struct handover *handover, struct cage **ret_cage, struct cordon_error *err)
{
	fake.begun++;
	fake.observe = handover->observe;
	if (fake.fails_begin)
		return cordon_fail(err, CORDON_OS_FAILED, "the beginning failed");
	*ret_cage = calloc(1, sizeof **ret_cage);
	if (!*ret_cage)
		return cordon_fail_memory(err);
	(*ret_cage)->settle = handover->settle;
	(*ret_cage)->context = handover->context;
	(*ret_cage)->waitable = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return true;
}

static bool start(struct cage *cage, const struct plan *plan, struct abilities *abilities, char *const *argv,
		  struct cordon_error *err)
{
	(void)cage;
	(void)plan;
	(void)abilities;
	fake.started++;
	fake.program = argv[0];
	return !fake.fails_start || cordon_fail(err, CORDON_OS_FAILED, "the start failed");
}

static int waitable(const struct cage *cage)
{
	return cage->waitable;
}

static void rest(int timeout_ms)
{
	int ms = timeout_ms < 0 || timeout_ms > 5 ? 5 : timeout_ms;
	const struct timespec time = { .tv_nsec = ms * 1000000L };
	nanosleep(&time, NULL);
}

static bool next_event(struct cage *cage, int timeout_ms, struct cage_event *ret_event, struct cordon_error *err)
{
	if (fake.fails_events)
		return cordon_fail(err, CORDON_OS_FAILED, "the events failed");
	*ret_event = (struct cage_event){ .kind = CAGE_NOTHING };
	if (cage->is_ended) {
		*ret_event = (struct cage_event){ .kind = CAGE_ENDED, .exit = { .by_signal = true, .code = SIGKILL } };
	} else if (fake.next < fake.event_count) {
		*ret_event = fake.events[fake.next++];
		ret_event->is_observed = fake.observe;
		cage->was_running = cage->was_running || ret_event->kind == CAGE_STARTED;
	} else if (fake.runs_on) {
		eventfd_t ignored;
		eventfd_read(cage->waitable, &ignored);
		rest(timeout_ms);
	} else {
		*ret_event = (struct cage_event){ .kind = CAGE_ENDED };
	}
	return true;
}

static void take_signal(struct cage *cage, int signal)
{
	(void)cage;
	if (fake.signal_count < FAKE_SIGNALS_MAX)
		fake.signals[fake.signal_count++] = signal;
}

static void ask(struct cage *cage)
{
	fake.asked++;
	cage->is_ended = !fake.is_stubborn;
}

static void end(struct cage *cage)
{
	cage->is_ended = true;
	eventfd_write(cage->waitable, 1);
	fake.ended++;
}

static void discard(struct cage *cage)
{
	if (!cage)
		return;
	if (cage->was_running)
		cage->settle(cage->context, false);
	close(cage->waitable);
	fake.discarded++;
	free(cage);
}

static bool verify(const struct plan *plan, struct verified_list *list, struct cordon_error *err)
{
	(void)plan;
	for (unsigned i = 0; i < fake.verified_count; i++) {
		struct verified *row = LIST_ADD(list);
		if (!row)
			return cordon_fail_memory(err);
		*row = fake.verified[i];
	}
	return fake.verified_count > 0 || cordon_fail(err, CORDON_OS_FAILED, "nothing can be tried");
}

const struct backend_ops backend_native = {
	.name = "fake",
	.probe = probe,
	.verify = verify,
	.assess = assess,
	.begin = begin,
	.start = start,
	.waitable = waitable,
	.next_event = next_event,
	.signal = take_signal,
	.ask = ask,
	.end = end,
	.discard = discard,
};
