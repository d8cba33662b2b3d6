/* backend/linux/cage.h: one run's confinement, shared by the files of this folder.
 *
 * Five parties:
 *	supervisor  outside, the caller's process: backend.c, start.c, events.c, assess.c, observer.c, placeholder.c, cgroup.c, meter*.c,
 *		    output.c, caches.c
 *	init        pid 1 inside: applies the layers (layers.c), starts the command (execute.c), reaps, reports (init.c);
 *	            leads the session of the command's terminal (terminal.c)
 *	command     what init starts
 *	mender      outside the tree, in the command's view: lays covers again (mender.c, covers.c)
 *	janitor     outside: ends the run when the supervisor was killed (janitor.c)
 * Init, the mender and the janitor are forks of the supervisor and may have other threads' locks frozen in their
 * memory: everything that runs in them must be async-signal-safe: system calls and memory of its own, no allocation, no
 * stdio (snprintf is used for messages; both C libraries format integers and strings without locks or allocation).
 */
#pragma once

#include <sched.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <termios.h>

#include "backend/backend.h"
#include "backend/linux/cgroup.h"
#include "base/host.h"

struct abilities {
	int landlock;     /* ABI, 0: none */
	bool has_filters; /* seccomp filters */
	struct cgroup_places groups;
	bool is_fallback;   /* no namespaces: see fallback.h */
	char refusal[160];  /* fallback: what refuses namespaces */
	const char *remedy; /* fallback: static: the command that would mend it; NULL: not known */
};

/* share.c: memory that the supervisor and init both see, at one address. Init is started before there is a plan, and
 * finds it here when it is told to go on. What is taken is zeroed and lives as long as the share.
 */
struct share;
struct share *share_new(void); /* NULL when memory is short */
struct share *share_free(struct share *share);
void *share_take(struct share *share, size_t size); /* NULL when it is full */
/* Copies what init needs of the plan. Fails when that is more than a command may have. */
CORDON_CHECKED bool share_plan(struct share *share, const struct plan *from, struct plan *ret_plan,
			       struct cordon_error *err);
char *share_string(struct share *share, const char *string); /* NULL when it is full */
/* A copy of a NULL-terminated list. */
CORDON_CHECKED bool share_list(struct share *share, char *const *list, char ***ret_list, struct cordon_error *err);
/* A copy of the arguments, and one with room for an interpreter and a script in front of argv[1]. */
CORDON_CHECKED bool share_arguments(struct share *share, char *const *argv, char ***ret_argv, char ***ret_script,
				    struct cordon_error *err);

/* The descriptors of ours that init keeps from the first. */
enum { KEPT_OURS = 5 };

/* A network that is reached through the gate; see gateway.c. */
struct route {
	struct address address;
	uint8_t bits;
};

/* What the layers of init read and note; in the share. */
struct inside {
	struct handover handover; /* `passed` is in the share too */
	int control;              /* init's end of the control socket */
	int supervisor;           /* pidfd of the caller's process */
	cpu_set_t processors;     /* the caller's, for the command; empty: not known */
	uid_t user;               /* as outside */
	gid_t group;
	sigset_t mask;         /* the caller's, for the command */
	bool dies_with_thread; /* PDEATHSIG is meant: the starting thread is the process' main one */
	bool has_settings;     /* for the command's terminal */
	struct termios settings;
	struct winsize size;

	char *caches, *home; /* as in `handover`, which has none here */

	/* from the supervisor, before it says MESSAGE_GO */
	struct plan plan; /* without policy, facts and rules */
	int landlock;     /* ABI */
	char **argv;
	char **script;     /* see share_arguments */
	bool is_paced;     /* a control group limits the processors */
	bool joins_output; /* standard output and error are one pipe, where they are counted */
	int *kept;         /* for streams_collect: room for KEPT_OURS and the passed ones */
	struct route *routes;
	size_t route_count;
	int *sources; /* one per plan mount: descriptor of the bind's source, the facade's original or the layer, or -1 */

	/* without namespaces: see fallback.h */
	bool is_fallback;
	bool without_unix_sockets;
	uint64_t others; /* what else the user ran when the run began: processes, and their threads */
	char *temporary; /* the directory that stands in for the private /tmp; NULL: not made yet */
	int ruleset;     /* of Landlock, -1: none; with MESSAGE_GO */

	/* files into which the command writes itself to join its control groups, -1: none; with MESSAGE_GROUPS */
	int doors[CGROUP_CONTROLLERS];

	/* init's own */
	int streams[3];    /* what becomes 0, 1, 2 */
	int master, slave; /* of the command's terminal, -1: it has none */
	int listener;      /* seccomp listener, -1: none */
	int view;          /* the mount namespace, for the mender */
	int diagnosis;     /* of sockets in the command's network namespace (sock_diag(7)); -1: it shares the host's */
	int counted[2];    /* what comes out of 1 and 2 where it is counted, -1: not */
	pid_t network_helper;
	unsigned decoys, decoys_ready; /* so many were placed, so many made */
	struct timespec decoys_made;
	/* caches.c */
	int slot;                    /* of the layers */
	int slot_directory, overlay; /* what caches_begin has opened, -1: nothing */
};

/* What init and the supervisor tell each other, one datagram each. */
enum message_kind {
	MESSAGE_READY,    /* what needs no plan is done */
	MESSAGE_LISTENER, /* fallback: from the command before its image runs; carries the listener */
	MESSAGE_PREPARED, /* carries descriptors: which, `carried` says */
	MESSAGE_STARTED,
	MESSAGE_OBSERVED,   /* carries the listener, where even the start has to be let on */
	MESSAGE_FAILED,     /* set-up or exec failed: error says what */
	MESSAGE_NETWORK,    /* carries the gate's sockets, if the network is filtered */
	MESSAGE_ENDED,      /* the tree is empty but for init */
	MESSAGE_STOPPED,    /* the command was stopped by the signal `code`; 0: it goes on */
	MESSAGE_GO,         /* to init: the plan is there; carries the ruleset, if there is one (fallback) */
	MESSAGE_GROUPS,     /* to init: the control groups are there; carries the doors, if there are any */
	MESSAGE_SIGNAL,     /* to init: pass the signal `code` to the command's process group */
	MESSAGE_FOREGROUND, /* to init: bring the command to the foreground of its terminal */
	MESSAGE_PAUSE,      /* to init: stop every process of the tree until SIGCONT or MESSAGE_FOREGROUND */
	MESSAGE_END,        /* to init: kill the tree (fallback) */
};

enum carried {
	CARRIED_LISTENER,
	CARRIED_VIEW,
	CARRIED_ROOT,
	CARRIED_SHARED_MEMORY,
	CARRIED_DECOYS, /* their directory, where there are any */
	CARRIED_OUTPUT,
	CARRIED_ERRORS,
	CARRIED_TERMINAL, /* the master */
	CARRIED_DIAGNOSIS,
	CARRIED_GATE, /* enum gate_socket, all of them */
	CARRIED_GATE_LAST = CARRIED_GATE + 2,
	CARRIED_RULESET,
	CARRIED_DOOR, /* one for each controller */
	CARRIED_DOOR_LAST = CARRIED_DOOR + CGROUP_CONTROLLERS - 1,
	CARRIED_COUNT
};

struct message {
	enum message_kind kind;
	unsigned carried; /* bits of enum carried: the descriptors, in that order */
	bool by_signal;
	int code;
	uint64_t cpu_ms;
	uint64_t memory_peak;
	struct cordon_error error;
};

/* message.c: sends it; `carried` holds one descriptor for each bit of the message's. */
CORDON_CHECKED bool message_send(int control, const struct message *message, const int *carried);
/* Does not wait. False with errno; that is 0 when the other end is closed. The descriptors that came along are the
 * caller's, -1 where none did.
 */
CORDON_CHECKED bool message_receive(int control, struct message *ret_message, int ret_carried[CARRIED_COUNT]);

/* layers.c: applies the layers in order, first those that need no plan, then the others. Errors name the layer. */
CORDON_CHECKED bool layers_begin(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool layers_finish(struct inside *inside, struct cordon_error *err);
/* Without namespaces: all of them, by the command itself, for init stays outside. */
CORDON_CHECKED bool layers_of_fallback(struct inside *inside, struct cordon_error *err);

/* The layers, one file each. */
CORDON_CHECKED bool namespaces_enter(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool network_begin(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool view_begin(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool view_finish(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool network_enter(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool landlock_restrict(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool groups_await(struct inside *inside, struct cordon_error *err);
/* In the command. */
CORDON_CHECKED bool groups_join(const struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool landlock_restrict_fallback(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool limits_apply(struct inside *inside, struct cordon_error *err);
/* In the command's process, before its image runs: a quarter of how many files it could allow itself stays for what its
 * user's other programs hand each other; false and errno.
 */
bool limits_leave_rights(void);
/* What the user does beside the calling process comes first from now on. Async-signal-safe. */
void limits_lower_share(void);
CORDON_CHECKED bool capabilities_drop(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool filter_load(struct inside *inside, struct cordon_error *err);

/* What init, which has every capability in its user namespace, cannot look up the command cannot reach, and what is
 * gone is nobody's: the errno of such a lookup.
 */
bool view_is_out_of_reach(int code);

/* In a process that has joined the view: lays the mount of a step whose name something else has now. */
CORDON_CHECKED bool view_lay_again(const struct plan_mount *mount, struct cordon_error *err);

/* decoys.c */
bool decoys_are_wanted(const struct inside *inside);
/* In init, once there is a /dev; and while a facade is being filled: a decoy for each name of its `decoys`. */
CORDON_CHECKED bool decoys_make(struct inside *inside, struct cordon_error *err);
CORDON_CHECKED bool decoys_place(struct inside *inside, const struct plan_mount *facade, int shown,
				 struct cordon_error *err);
/* Their directory, for the supervisor: the namespace may be gone before it looks. -1: there are none. */
int decoys_open(const struct inside *inside);
/* In the supervisor. `place` is its own. */
struct decoys {
	int place;
	struct timespec made;
	size_t mount, name; /* where decoys_take goes on */
	unsigned number;
};
/* When the tree is dead: the next hidden name that was tried, of those that exist on the host; false: no more. */
bool decoys_take(struct decoys *decoys, const struct plan *plan, char ret_path[PATH_MAX]);

/* view_devices.c: the two file systems that are made rather than taken. */
CORDON_CHECKED bool view_make_devices(const char *path, struct cordon_error *err);
CORDON_CHECKED bool view_make_proc(const char *path, struct cordon_error *err);

/* view.c, for view_devices.c: a detached tmpfs, or -1 with errno. size 0: the kernel's default. */
int view_make_tmpfs(const char *mode, uint64_t size, unsigned attributes);
/* Attaches the mount at a path of which no component is a link, making the path where a tmpfs of ours holds it. */
CORDON_CHECKED bool view_attach(int mount, const char *path, bool is_directory, struct cordon_error *err);

/* Opens what the survey saw there, and nothing that took its place since; -1 with *err. */
int view_open_surveyed(const struct plan_mount *mount, struct cordon_error *err);
#define VIEW_NO_LINKS (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* The slots of a workspace's caches: see caches.c. */
enum { CACHE_SLOTS = 16 };

/* sweep.c, for backend.h */
CORDON_CHECKED bool sweep(const char *state, bool is_trial, struct swept *swept, struct cordon_error *err);

/* caches.c. In the supervisor: makes the directory that keeps the workspace's layers; false where it cannot be had. */
bool caches_prepare(const char *path, const char *workspace);
/* Later, there: makes ready for the next run what the kernel marked when it mounted the layers. */
void caches_settle(const struct inside *inside);
/* For backend.h. */
bool caches_try(const char *path, struct cordon_error *err);
/* In init, before there is a plan: mounts what an earlier run in the workspace has needed. */
void caches_begin(struct inside *inside);
/* In init, while the view is still the host's: a source for each layer. */
CORDON_CHECKED bool caches_open(struct inside *inside, struct cordon_error *err);

/* init.c: waits until the supervisor says this, and takes what comes along; -1: did not. Without a supervisor init
 * ends.
 */
void init_await(const struct inside *inside, enum message_kind kind, int ret_carried[CARRIED_COUNT]);

/* init.c: pid 1 from its first instruction; does not return. */
_Noreturn void init_main(struct inside *inside);

/* view.c: opens what the survey saw (O_PATH), and nothing that took its place since; -1 on failure. */
int view_open_surveyed(const struct plan_mount *mount, struct cordon_error *err);

/* execute.c: the command, started by init. Returns its pid once its image runs. Errors: CORDON_NOT_FOUND,
 * CORDON_NOT_EXECUTABLE, CORDON_OS_FAILED.
 */
CORDON_CHECKED bool execute_command(struct inside *inside, pid_t *ret_pid, struct cordon_error *err);

/* streams.c. In the supervisor: refuses descriptors that would carry more than a stream. */
CORDON_CHECKED bool streams_check(const struct handover *handover, struct cordon_error *err);
/* In init, first of all: closes every descriptor but those that are meant, and moves ours out of the command's way. */
CORDON_CHECKED bool streams_collect(struct inside *inside, struct cordon_error *err);
/* In init: makes the pipes of `counted`, where output has a limit, and puts them in the streams' place. */
CORDON_CHECKED bool streams_count(struct inside *inside, struct cordon_error *err);
/* In init, while the view is still the host's: opens what was opened for reading a second time, on the view's mounts.
 */
CORDON_CHECKED bool streams_reopen(struct inside *inside, struct cordon_error *err);

/* descriptors.c: closes all but these; what is -1 is no descriptor. Async-signal-safe. */
bool descriptors_keep(const int *kept, size_t count);
/* In init: moves a descriptor out of the command's way. */
CORDON_CHECKED bool streams_move(const struct inside *inside, int *descriptor, struct cordon_error *err);

/* terminal.c. In the supervisor: notes the settings and the size of what the command's terminal stands for. */
void terminal_look(struct inside *inside);
/* In init, once the view has its devices: a layer like the others. */
CORDON_CHECKED bool terminal_make(struct inside *inside, struct cordon_error *err);
/* In the command: its process group, in the foreground of its terminal unless that is to come later; or a session of
 * its own. False with errno.
 */
bool terminal_join(const struct inside *inside);
/* In init: brings the command's process group to the foreground. */
void terminal_advance(const struct inside *inside, pid_t command);
/* In init: the process group in the foreground, or -1. */
pid_t terminal_foreground(const struct inside *inside);

/* landlock.c: the ABI that the kernel speaks, 0: none. */
int landlock_abi(void);

/* assess.c */
struct abilities *abilities_new(void); /* of a host that gives namespaces; NULL when memory is short */
/* Whether an errno says that the host refuses, rather than that something ran short. */
bool abilities_is_refusal(int64_t code);
/* Notes that the host refuses namespaces, as `why` shows, and finds the setting that does it and the remedy. */
void abilities_lack_namespaces(struct abilities *abilities, const struct cordon_error *why);
void abilities_assess(const struct plan *plan, const struct abilities *abilities,
		      struct assessment ret_rows[GUARANTEE_COUNT]);

/* covers.c: the mounts that the host can take away, and the names that must not lie bare. Made by the supervisor; the
 * rest is for the mender, and async-signal-safe.
 */
struct covers;
struct covers *covers_new(const struct plan *plan); /* borrows the plan; NULL when memory is short */
struct covers *covers_free(struct covers *covers);
enum cover_state {
	COVER_STANDS,
	COVER_MENDED, /* it was gone, and stands again */
	COVER_BARE,   /* nothing has the name; what comes will be covered */
	COVER_OPEN,   /* it stands again, over a file that somebody still has open since */
	COVER_LOST,   /* it is gone, or cannot be looked at; or somebody has read what should be hidden meanwhile */
};
/* One name of the plan, by number: first the mounts, then what is unheld. */
size_t covers_count(const struct covers *covers);
const char *covers_path(const struct covers *covers, size_t name);
/* Watches the directories on the way to every name, as they are now. `queue` is an inotify instance. Fails where the
 * user has no watch left.
 */
bool covers_watch(struct covers *covers, int queue);
/* What was heard of a name since something else got it, and at the same time. */
struct heard {
	bool is_changed;     /* and whether that was used has not been looked at */
	bool is_concerned;   /* it was given or taken away */
	bool is_read;        /* hidden names: somebody has had it open, not for writing */
	int opened, written; /* hidden names: how often it was opened, and closed after writing */
};
/* Reads what the queue has; true when something is to be looked at: the concerned names first. `heard` is one a name.
 */
bool covers_heard(const struct covers *covers, int queue, struct heard *heard);
/* Looks at a name, and lays what is gone. For a process that has joined the view. */
enum cover_state covers_attend(const struct covers *covers, size_t name);
/* Of a name that is covered again: has somebody opened what it covers meanwhile? Who opened a protected file for
 * writing writes on, and who opened a hidden one reads on. COVER_MENDED: nobody, COVER_OPEN: perhaps the host alone,
 * and only for writing: to be asked again; COVER_LOST: somebody has read what is hidden.
 */
enum cover_state covers_prove(const struct covers *covers, size_t name, const struct heard *heard);
/* Whether the cover is there so that nobody reads what has the name. */
bool covers_hides(const struct covers *covers, size_t name);
/* Whether it is a directory with nothing in it. */
bool covers_is_empty_directory(const struct covers *covers, size_t name, struct stat *ret_status);

/* mender.c: a process outside the tree that has joined the view and keeps the covers where they belong. */
struct mender;
struct mending {
	const char *path; /* the plan's */
	enum cover_state state;
	bool is_protected;      /* the command must not make what has this name; else it must not see it */
	uint64_t device, inode; /* of a directory that was empty when it was covered; else 0 */
};
/* Takes the descriptors: `view` is the mount namespace, `table` its mountinfo. False when none can be started. */
CORDON_CHECKED bool mender_start(const struct plan *plan, int view, int table, struct mender **ret_mender,
				 struct cordon_error *err);
/* Ends it; NULL is fine; returns NULL. */
struct mender *mender_end(struct mender *mender);
/* Polls readable when mender_hear has something. */
int mender_waitable(const struct mender *mender);
/* *ret_mending has no path when there is nothing (more) to hear. Fails when the mender is gone or cannot work. */
CORDON_CHECKED bool mender_hear(struct mender *mender, struct mending *ret_mending, struct cordon_error *err);

/* True when the test build was told to leave this layer out; always false in any other build. */
#ifdef CORDON_PLANT
bool is_planted(const char *layer);
bool view_leaves_out(const struct plan_mount *mount); /* the same for a step of the view */
#else
#define is_planted(layer) false
#define view_leaves_out(mount) false
#endif

/* sockets_inside.c: whether the socket, open as O_PATH, was bound in the network namespace of the descriptor. */
enum socket_origin { SOCKET_UNKNOWN, SOCKET_INSIDE, SOCKET_OUTSIDE };
enum socket_origin socket_origin(int diagnosis, int socket, const struct stat *status);

/* listening.c: does a TCP socket listen at the address, in the network namespace of that netlink socket? */
struct sockaddr_storage;
bool listening_at(int diagnosis, const struct sockaddr_storage *address);
/* Such a socket for this process' own namespace; -1 where the kernel cannot be asked. */
int listening_begin(void);

/* landing.c: where a path that a process of the command names leads, without links. */
struct pathfinder {
	int root;      /* of the command's view */
	pid_t process; /* as the host counts */
};
/* A descriptor (O_PATH) of what the path names, if no link is on its way; else -1, and errno is ELOOP. */
int landing_open(const struct pathfinder *finder, const char *path);
/* What is there; errno ENAMETOOLONG where no path says it. */
bool landing_find(const struct pathfinder *finder, const char *path, char landing[PATH_MAX]);
/* Of an absolute path; of its name alone, which is no more followed, if that `is_name`. It need not exist. */
bool landing_of(const struct pathfinder *finder, const char *path, bool is_name, char landing[PATH_MAX]);

/* observer.c: the supervisor's end of seccomp notifications. */
struct observer;
/* Takes the descriptors; `diagnosis` as in struct inside. NULL when memory is short. */
struct observer *observer_new(int listener, int diagnosis, const struct plan *plan);
/* From now on it asks the gate about connections; where refused acts are not to be reported, it does nothing else. */
struct gate;
void observer_use_gate(struct observer *observer, struct gate *gate, bool reports);
/* Where nothing else refuses their change: see fallback.h. */
void observer_refuse_attributes(struct observer *observer);
struct observer *observer_free(struct observer *observer);
/* Handles one notification that is ready and lets the call go on. False: the listener is finished. */
bool observer_next(struct observer *observer);
/* A refused act that was seen, or false; its strings live until the next call. */
bool observer_take(struct observer *observer, struct cage_event *ret_event);

/* graves.c: takes init's pidfd (-1 is fine) and reaps init: later, if it has said that the tree is empty. */
void graves_dig(int *init, bool is_empty);

/* placeholder.c: objects that hold missing names while the run lasts. */
struct placeholders;
/* The identities of what is made are noted in the plan, whose paths are borrowed. */
CORDON_CHECKED bool placeholders_make(struct plan *plan, struct placeholders **ret_placeholders,
				      struct cordon_error *err);
/* Removes each that no other run needs and that is as it was made. Async-signal-safe. */
void placeholders_remove(const struct placeholders *placeholders);
/* The descriptors of which each keeps one placeholder locked; NULL holds none. */
size_t placeholders_count(const struct placeholders *placeholders);
void placeholders_descriptors(const struct placeholders *placeholders, int *descriptors);
/* Removes them as well; NULL is fine; returns NULL. */
struct placeholders *placeholders_free(struct placeholders *placeholders);

/* janitor.c: a process that outlives a supervisor that is killed, and then does what that would have done at the end.
 */
struct cgroup;
struct janitor;
/* Takes nothing, and borrows what it is given; `init` is a pidfd. Where init is no namespace's (`is_fallback`) its end
 * is not the tree's: it is left to end that by itself.
 */
CORDON_CHECKED bool janitor_start(int init, bool is_fallback, struct placeholders *placeholders,
				  const struct cgroup *cgroup, const struct handover *handover,
				  struct janitor **ret_janitor, struct cordon_error *err);
/* There is nothing left to do: it ends. NULL is fine; returns NULL. */
struct janitor *janitor_dismiss(struct janitor *janitor);
