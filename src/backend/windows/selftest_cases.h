/* backend/windows/selftest_cases.h: what cordon-selftest claims beside the questions (question.h) and the probe's trials
 * (trial.h). Pure data: tests/windows holds it against the planner's promises, and against what is expected under Wine.
 *
 * Each list is rows of CASE(FUNCTION, NAME, TIERS, GUARANTEE, NEEDS). FUNCTION tries it, in the file that the list is
 * named after; a case of a tier is tried once in each.
 */
#pragma once

#include "backend/windows/trial.h"

#define NO_TIER 0
#define NO_GUARANTEE GUARANTEE_COUNT

/* Without which a case is skipped. */
enum {
	NEEDS_WINDOWS = 1,       /* Wine says yes to it and does nothing of it */
	NEEDS_ADMINISTRATOR = 2, /* an elevated one */
	NEEDS_CHANGES = 4,       /* to the machine, which the user asks for (--setup) */
};

struct selftest_case {
	const char *name; /* what is claimed */
	unsigned tiers;   /* as of trial.h; NO_TIER: tried once */
	enum guarantee guarantee;
	unsigned needs;
};

#define HOST_CASES(CASE) \
	CASE(find_groups, "groups are found by SID, in whatever language they are named", NO_TIER, NO_GUARANTEE, 0) \
	CASE(keep_descriptors, "the drive of the temporary folder keeps descriptors", NO_TIER, NO_GUARANTEE, 0) \
	CASE(drop_administrators, "a token made of an administrator's is no administrator's", NO_TIER, NO_GUARANTEE, \
	     NEEDS_WINDOWS | NEEDS_ADMINISTRATOR) \
	CASE(refuse_setup, "setup is for who is elevated and for nobody else", NO_TIER, NO_GUARANTEE, 0) \
	CASE(refuse_filters, "who is not elevated changes no network filter", NO_TIER, NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(wrap_secret, "a password that is wrapped is the same again", NO_TIER, NO_GUARANTEE, 0) \
	CASE(keep_limits, "limits of a job read back as they were set", NO_TIER, NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(nest_jobs, "a job takes a process that is in the host's job", NO_TIER, NO_GUARANTEE, 0)

#define FILES_CASES(CASE) \
	CASE(put_on_and_off, "descriptors are put on, read back and taken off without a trace", NO_TIER, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(kill_putting_on, "killed at each step of putting them on, they are as before", NO_TIER, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(kill_taking_off, "killed at each step of taking them off, they are as before", NO_TIER, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(hear_of_saving, "a save by rename is heard of", NO_TIER, NO_GUARANTEE, 0)

/* The first says whether anything runs in the tier here; where nothing does, the others are skipped. */
#define RUNS_CASES(CASE) \
	CASE(run_and_end, "a command runs and ends", TRIAL_EVERYWHERE, NO_GUARANTEE, 0) \
	CASE(keep_statuses, "exit statuses keep their 32 bits", TRIAL_EVERYWHERE, NO_GUARANTEE, 0) \
	CASE(own_temp, "the temporary folder is the run's own, and gone after it", TRIAL_EVERYWHERE, NO_GUARANTEE, 0) \
	CASE(end_what_is_left, "what the command leaves ends with it", TRIAL_EVERYWHERE, GUARANTEE_TREE, 0) \
	CASE(end_with_cordon, "a cordon that is killed takes the tree along", TRIAL_EVERYWHERE, GUARANTEE_TREE, 0) \
	CASE(limit_memory, "memory beyond the limit is refused", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_MEMORY, \
	     NEEDS_WINDOWS) \
	CASE(limit_processes, "processes beyond the limit do not start", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_PROCESSES, \
	     NEEDS_WINDOWS) \
	CASE(limit_cpu, "a limit on processors holds the command back", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_CPU, \
	     NEEDS_WINDOWS) \
	CASE(limit_cpu_time, "CPU time beyond the limit ends the tree", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_CPU_TIME, \
	     NEEDS_WINDOWS) \
	CASE(limit_wall_time, "a run whose time is over is ended", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_WALL_TIME, 0) \
	CASE(limit_disk, "writing beyond the limit ends the tree", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_DISK, \
	     NEEDS_WINDOWS) \
	CASE(mend_protected, "a protected file that is saved by rename is protected again", \
	     TRIAL_ACCOUNT | TRIAL_TOKEN, GUARANTEE_FILES_PROTECT, NEEDS_WINDOWS)

#define STREAMS_CASES(CASE) \
	CASE(pass_streams, "what is read and written passes unchanged", TRIAL_EVERYWHERE, NO_GUARANTEE, 0) \
	CASE(pass_flood, "8 MB pass byte for byte, counted and not", TRIAL_EVERYWHERE, NO_GUARANTEE, 0) \
	CASE(limit_output, "output ends at the limit, to the byte", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_OUTPUT, 0) \
	CASE(pass_handles, "a handle that is passed has its number, and no other comes along", TRIAL_EVERYWHERE, \
	     NO_GUARANTEE, 0) \
	CASE(show_terminal, "a pseudoconsole shows what is printed, and ends", TRIAL_EVERYWHERE, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(show_last, "a pseudoconsole shows the last of 1 MB of a command that has ended", TRIAL_EVERYWHERE, \
	     NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(measure_terminal, "the command sees the size of its console", TRIAL_EVERYWHERE, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(echo_terminal, "a line that is typed is echoed and read", TRIAL_EVERYWHERE, NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(resize_terminal, "the command sees a new size of its console", TRIAL_EVERYWHERE, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(interrupt_terminal, "Ctrl-C that is typed reaches the command", TRIAL_EVERYWHERE, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(break_terminal, "Ctrl-Break that cordon hears reaches a command without a terminal as Ctrl-C", \
	     TRIAL_ACCOUNT | TRIAL_TOKEN, NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(close_terminal, "a command whose console is closed hears of it", TRIAL_EVERYWHERE, NO_GUARANTEE, \
	     NEEDS_WINDOWS)

#define ACCOUNT_CASES(CASE) \
	CASE(reach_gate_alone, "the gate's port is reached and no other", TRIAL_ACCOUNT, GUARANTEE_NET_FILTERED, \
	     NEEDS_WINDOWS) \
	CASE(reach_nothing, "a closed account connects to no port of this host", TRIAL_ACCOUNT, GUARANTEE_NET_OFF, \
	     NEEDS_WINDOWS) \
	CASE(look_names_up, "the system's resolver answers an account, as is taken for true", TRIAL_ACCOUNT, \
	     GUARANTEE_NET_DNS, NEEDS_WINDOWS) \
	CASE(return_ownership, "what the account made is the user's after the run", TRIAL_ACCOUNT, NO_GUARANTEE, \
	     NEEDS_WINDOWS) \
	CASE(return_private, "what the account made for itself alone is the user's after a next run", TRIAL_ACCOUNT, \
	     NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(reset_profile, "a run finds nothing of an earlier one in the profile and its registry", TRIAL_ACCOUNT, \
	     GUARANTEE_REGISTRY, NEEDS_WINDOWS) \
	CASE(tell_wininet, "a program that goes by WinINet asks the gate", TRIAL_ACCOUNT, NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(tell_winhttp, "a program that goes by WinHTTP's automatic proxy asks the gate", TRIAL_ACCOUNT, \
	     NO_GUARANTEE, NEEDS_WINDOWS) \
	CASE(tell_powershell, "Invoke-WebRequest of Windows PowerShell asks the gate", TRIAL_ACCOUNT, NO_GUARANTEE, \
	     NEEDS_WINDOWS)

#define ON_THIS_MACHINE (NEEDS_WINDOWS | NEEDS_ADMINISTRATOR | NEEDS_CHANGES)

/* The last is tried at the end of all. */
#define SETUP_CASES(CASE) \
	CASE(fail_setup, "a setup that fails in the middle leaves nothing", NO_TIER, NO_GUARANTEE, ON_THIS_MACHINE) \
	CASE(apply_setup, "setup is carried out", NO_TIER, NO_GUARANTEE, ON_THIS_MACHINE) \
	CASE(find_record, "group, accounts, rights and profiles are as the record says", NO_TIER, NO_GUARANTEE, \
	     ON_THIS_MACHINE) \
	CASE(find_filters, "the network filters read back as they were put", NO_TIER, NO_GUARANTEE, ON_THIS_MACHINE) \
	CASE(repeat_setup, "a second setup changes nothing", NO_TIER, NO_GUARANTEE, ON_THIS_MACHINE)

#define REMOVAL_CASES(CASE) \
	CASE(remove_setup, "removal leaves nothing of setup", NO_TIER, NO_GUARANTEE, ON_THIS_MACHINE)

/* As a user types it, where cordon.exe is beside. */
#define PROGRAM_CASES(CASE) \
	CASE(refuse_by_name, "cordon run names what the tier lacks and the policy asks for, and starts nothing", \
	     NO_TIER, NO_GUARANTEE, 0) \
	CASE(end_as_command, "cordon run ends with the command's status, all 32 bits of it", NO_TIER, NO_GUARANTEE, 0) \
	CASE(tell_the_end, "cordon run passes a handle, and its report and status lines say how the command ended", \
	     NO_TIER, NO_GUARANTEE, 0)

#define SELFTEST_CASES(CASE) \
	HOST_CASES(CASE) \
	FILES_CASES(CASE) \
	SETUP_CASES(CASE) \
	RUNS_CASES(CASE) \
	STREAMS_CASES(CASE) \
	ACCOUNT_CASES(CASE) \
	PROGRAM_CASES(CASE) \
	REMOVAL_CASES(CASE)

extern const struct selftest_case selftest_cases[];
extern const unsigned selftest_case_count;

/* Tools of the user's under tokens of different make: what a tier's token might become. */
enum { TOOLS_MAX = 64, TOOL_WORDS_MAX = 12, TOOL_STEPS_MAX = 3 };

struct selftest_tool {
	const char *tool;
	const char *job;                                   /* what it is to do */
	const char *steps[TOOL_STEPS_MAX][TOOL_WORDS_MAX]; /* each has to end with 0 */
	const char *makes;                                 /* what is there afterwards; NULL: nothing */
};

extern const struct selftest_tool selftest_tools[];
extern const unsigned selftest_tool_count;

enum selftest_recipe {
	RECIPE_OWN,              /* the control: nothing is taken from it */
	RECIPE_TOKEN,            /* the token tier's */
	RECIPE_ACCOUNT,          /* the account tier's shape: the user's own SID is in the list */
	RECIPE_BELOW_MEDIUM,     /* the token tier's, at a lower level */
	RECIPE_UNRESTRICTED,     /* the lower level alone */
	RECIPE_FULLY_RESTRICTED, /* reads are checked twice as well, at the lower level */
	RECIPE_PACKAGE,
	RECIPE_COUNT,
};

extern const char *const selftest_recipes[RECIPE_COUNT];

/* The name as it is told, with the tier's before it if it is one's; malloc'ed. `tier` as of enum tier, -1: none. */
char *selftest_case_name(const char *name, int tier);
char *selftest_tier_name(int tier); /* what the probe says of the tier itself */
char *selftest_trial_name(const struct trial_case *trial, int tier);
/* Is it told of? In the tier account a closed one is probed; what a gated one has beside, its run is tried for. */
bool selftest_has_trial(const struct trial_case *trial, int tier);
char *selftest_question_name(const char *question);
char *selftest_tool_name(const struct selftest_tool *tool, enum selftest_recipe recipe);
