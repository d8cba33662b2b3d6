/* backend/windows/trial.h: what the live probe tries, for the one who tries (prober.c) and the one who judges (trial.c,
 * probe.c). Pure.
 *
 * Each trial is tried twice in one probe, by one program: outside, where it must succeed, and inside a tier, where it
 * must fail with the expected error, or must work as well. An API that answers success and does nothing is found out by
 * the first or the second.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/guarantee.h"

enum trial_kind {
	TRIAL_MUST_FAIL, /* inside */
	TRIAL_MUST_WORK, /* inside too: else the tier is good for nothing */
	TRIAL_UNSEEN,    /* may succeed inside, if nothing of it is seen outside */
	TRIAL_LEAVES,    /* leaves a process behind, whose id is the answer; it must be dead when the job is ended */
};

/* The tiers that promise it: 1 << enum tier (policy/plan_windows.h). What the network is to an account is for good, and
 * a probe is of one account: which kind of it goes with the tier.
 */
enum {
	TRIAL_ACCOUNT = 1,
	TRIAL_PACKAGE = 2,
	TRIAL_TOKEN = 4,
	TRIAL_CLOSED = 8, /* has none */
	TRIAL_GATED = 16, /* has its gate's port alone */
	TRIAL_FENCED = TRIAL_CLOSED | TRIAL_GATED,
	TRIAL_APART = TRIAL_ACCOUNT | TRIAL_PACKAGE, /* where the command is somebody else than the user */
	TRIAL_EVERYWHERE = TRIAL_APART | TRIAL_TOKEN,
};

enum { TRIAL_ERRORS_MAX = 6 };

struct trial_case {
	const char *name;
	enum trial_kind kind;
	unsigned tiers;
	enum guarantee guarantee;          /* all but MUST_WORK */
	uint32_t errors[TRIAL_ERRORS_MAX]; /* MUST_FAIL: GetLastError values that say "refused"; 0: none */
	uint32_t absent[TRIAL_ERRORS_MAX]; /* outside: there is nothing here to try it on; 0: none */
	unsigned consoles;     /* of the tiers: there it is tried in a console that cordon makes (probe_console.c) */
	bool is_by_service;    /* a service does it for who asks, and filters by account do not see whom for */
	bool goes_out;         /* off this host: tried last, and only where all else has held */
	const char *done;      /* what it means when the trial succeeds inside */
	const char *lacks;     /* with `absent`: what the host has not got then */
	bool is_absent_unseen; /* so it is where nothing is seen outside, though it was done */
};

extern const struct trial_case trial_cases[];
extern const unsigned trial_count;

enum { TRIALS_MAX = 128 };

/* The limits of the job inside, and what is tried against them. */
enum {
	TRIAL_MEMORY_LIMIT = 256 * 1024 * 1024,
	TRIAL_MEMORY = 320 * 1024 * 1024,
	TRIAL_PROCESSES_LIMIT = 4,
	TRIAL_PROCESSES = 6,
};

/* Where it is tried. */
enum { OUTSIDE = 0, INSIDE = 1, SIDES = 2 };

/* The answer of one trial. */
struct trial_answer {
	bool was_given;
	uint32_t code; /* 0: done; GetLastError or HRESULT; LEAVES: process id */
};

/* Reads the prober's lines "NAME CODE\n": unknown names, a name twice, a line that is cut or a number that is none
 * spoil the whole text, and nothing of it counts. False then.
 */
bool trial_read_answers(const char *text, struct trial_answer ret_answers[TRIALS_MAX]);

/* What was looked at from outside after each of the two, whatever the answers say. */
struct trial_sight {
	bool is_watched; /* the trial has an effect that can be looked at */
	bool was_seen_outside, was_seen_inside;
};

enum trial_verdict {
	TRIAL_HELD,
	TRIAL_DONE,       /* inside it succeeded: nothing holds it */
	TRIAL_NO_CONTROL, /* outside it failed: so that it fails inside shows nothing */
	TRIAL_ODD_ERROR,  /* inside it failed for another reason than a refusal */
	TRIAL_NO_ANSWER,
	TRIAL_BROKEN,   /* MUST_WORK fails inside */
	TRIAL_NOT_HERE, /* nothing of the kind is here */
};

/* Is it one of what is probed, a tier or an account and its kind? Nothing about the network is an open account's. */
bool trial_is_of(const struct trial_case *trial, unsigned tiers);
/* `goes_out`: of those that leave the host, or of the others. */
bool trial_is_for(const struct trial_case *trial, unsigned tiers, bool goes_out);

/* Does the verdict cost the tier? What a service does for an account that its filters keep from the network makes what it
 * is about partial, which is for the policy to accept.
 */
bool trial_is_fatal(const struct trial_case *trial, unsigned tiers, enum trial_verdict verdict);

/* What keeps others from the network keeps a gated account from all but its gate. */
enum guarantee trial_guarantee(const struct trial_case *trial, unsigned tiers);

/* An answer that nothing was done does not count where something was seen, nor one that it was done outside where
 * nothing was.
 */
enum trial_verdict trial_judge(const struct trial_case *trial, struct trial_answer outside, struct trial_answer inside,
			       struct trial_sight sight);
const char *trial_verdict_text(const struct trial_case *trial, enum trial_verdict verdict); /* static */
