/* backend/linux/supervisor.h: the supervisor's side of a run, shared by backend.c (its life), start.c and events.c. */
#pragma once

#include "backend/linux/cage.h"

enum stage { STAGE_BEGUN, STAGE_STARTING, STAGE_RUNNING, STAGE_ENDED };

struct cage {
	struct share *share;
	struct inside *inside;    /* in the share */
	struct handover handover; /* what it points to is the caller's, and only `settle` is used after begin */
	const struct plan *plan;
	struct placeholders *placeholders;
	int control; /* the supervisor's end */
	int events;  /* epoll */
	int init;    /* pidfd */
	pid_t init_pid;
	struct cordon_error refusal; /* of a host that gives no namespaces */
	int handed[CARRIED_COUNT];   /* by init, until the command is started */
	enum stage stage;
	bool was_running;
	bool is_ending; /* the tree was told to die */
	struct observer *observer;
	int listener;      /* the observer's, while anybody is looked at; else -1 */
	unsigned turn;     /* of waiting for it */
	struct gate *gate; /* NULL unless the network is filtered */
	bool is_gate_told; /* that it is gone */
	struct mender *mender;
	struct janitor *janitor;
	int view, table, timer; /* until there is a mender: the mount namespace, its mountinfo, a timerfd */
	struct cgroup *cgroup;
	bool is_counted; /* the processes, by a control group */
	struct meter *meter;
	struct output *output;
	int root, shared_memory; /* inside: see meter.h */
	bool is_limit_told;
	bool is_tree_dead; /* what it wrote is still being passed on */
	struct message last_words;
	struct decoys decoys;
	char tried[PATH_MAX]; /* a hidden name: what the last event of that kind lends */
	size_t bare_told;     /* of how many mounts it is said whether they are bare */
	int terminal;         /* master of the command's, until it is taken */
	int stopped;          /* signal that has stopped the command, 0: none */
};

/* start.c */
CORDON_CHECKED bool cage_begin(const struct handover *handover, struct cage **ret_cage, struct cordon_error *err);
CORDON_CHECKED bool cage_probe(struct cage *cage, struct abilities **ret_abilities, struct cordon_error *err);
CORDON_CHECKED bool cage_start(struct cage *cage, const struct plan *plan, struct abilities *abilities,
			       char *const *argv, struct cordon_error *err);

/* events.c */
CORDON_CHECKED bool cage_next_event(struct cage *cage, int timeout_ms, struct cage_event *ret_event,
				    struct cordon_error *err);

/* backend.c */
void cage_end(struct cage *cage);
void cage_discard(struct cage *cage);
CORDON_CHECKED bool cage_watch(struct cage *cage, int descriptor, uint32_t events, struct cordon_error *err);
void cage_unwatch(struct cage *cage, int descriptor);
void cage_close(int *descriptor); /* -1 is fine, and what it is afterwards */
