/* What the library does to the process that it is in: nothing that the rest of the process could notice. */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#include "runs.h"

/* MANY needs up to so many descriptors each. GRAVES: ended inits that may be reaped with the next run only. */
enum { MANY = 200, DESCRIPTORS_EACH = 16, GRAVES = 8, THREADS = 4, RUNS_EACH = 10 };

static void sleep_ms(long ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&time, NULL);
}

/* -- what a process holds ------------------------------------------------------------------------------------- */

struct holding {
	int descriptors; /* without the pidfds of the dying */
	int pidfds;
	int children; /* the dead among them too */
};

static void count_descriptors(struct holding *holding)
{
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		char path[300], target[64] = "";
		snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
		if (readlink(path, target, sizeof target - 1) < 0)
			continue;
		if (strcmp(target, "anon_inode:[pidfd]") == 0)
			holding->pidfds++;
		else
			holding->descriptors++;
	}
	closedir(folder);
}

static void count_children(struct holding *holding)
{
	DIR *folder = opendir("/proc");
	assert_non_null(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		char path[300], line[512] = "";
		snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
		FILE *file = atoi(entry->d_name) > 0 ? fopen(path, "re") : NULL;
		if (!file)
			continue;
		int parent = 0;
		const char *name_end = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
		if (name_end && sscanf(name_end, ") %*c %d", &parent) == 1 && parent == getpid())
			holding->children++;
		fclose(file);
	}
	closedir(folder);
}

static struct holding look(void)
{
	struct holding holding = { 0 };
	count_descriptors(&holding);
	count_children(&holding);
	return holding;
}

static void check_left(const struct holding *before)
{
	struct holding after = look();
	assert_int_equal(after.descriptors, before->descriptors);
	assert_true(after.children <= GRAVES);
	assert_true(after.pidfds <= GRAVES);
}

/* -- many at once --------------------------------------------------------------------------------------------- */

static bool may_open(unsigned count)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur >= count)
		return true;
	limit.rlim_cur = count < limit.rlim_max ? count : limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

/* One round over all that wait; returns how many runs have ended in it. */
static unsigned attend(struct cordon_run **runs, bool *is_over, unsigned count)
{
	struct pollfd sources[MANY];
	unsigned ended = 0;
	for (unsigned i = 0; i < count; i++)
		sources[i] = (struct pollfd){ .fd = is_over[i] ? -1 : (int)cordon_run_waitable(runs[i]),
					      .events = POLLIN };
	if (poll(sources, count, 20000) < 1)
		fail_msg("nothing happens any more");
	for (unsigned i = 0; i < count; i++) {
		int32_t is_ended = 0;
		if (!sources[i].revents)
			continue;
		if (!cordon_run_step(runs[i], 0, &is_ended, &err))
			fail_msg("run %u: %s", i, err.text);
		is_over[i] = is_ended;
		ended += is_ended ? 1 : 0;
	}
	return ended;
}

static void run_many(const char *const *argv)
{
	struct cordon_run *runs[MANY];
	bool is_over[MANY] = { false };
	for (unsigned i = 0; i < MANY; i++)
		runs[i] = start_run(NULL, argv);
	for (unsigned ended = 0; ended < MANY;)
		ended += attend(runs, is_over, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		struct cordon_result result = wait_run(runs[i]);
		if (result.was_refused || result.exit_status != 0)
			fail_msg("run %u: status %d, %s", i, (int)result.exit_status, result.error.text);
		cordon_run_free(runs[i]);
	}
}

/* An agent host that answers many at once from one thread: all of them begin before the first is looked at. */
static void start__of_two_hundred_at_once_works(void **state)
{
	(void)state;
	need_namespaces();
	if (!may_open(MANY * DESCRIPTORS_EACH)) {
		print_message("this user may not open %d descriptors\n", MANY * DESCRIPTORS_EACH);
		skip();
	}
	const char *const argv[] = { "/bin/true", NULL };
	struct holding before = look();
	run_many(argv);
	check_left(&before);
}

/* So many that live for a while: what the kernel gives each user only a few of must not be needed for each. */
static void run__of_two_hundred_at_once_may_last(void **state)
{
	(void)state;
	need_namespaces();
	if (!may_open(MANY * DESCRIPTORS_EACH)) {
		print_message("this user may not open %d descriptors\n", MANY * DESCRIPTORS_EACH);
		skip();
	}
	const char *const argv[] = { "/bin/sleep", "3", NULL };
	struct holding before = look();
	run_many(argv);
	check_left(&before);
}

static void *run_in_thread(void *context)
{
	atomic_int *failures = context;
	const char *const argv[] = { "/bin/sh", "-c", "exit 3", NULL };
	for (int i = 0; i < RUNS_EACH; i++) {
		struct cordon_error own = CORDON_ERROR_INIT;
		struct cordon_result result = CORDON_RESULT_INIT;
		struct cordon_policy *own_policy = NULL;
		struct cordon_run *run = NULL;
		bool is_fine = cordon_policy_new(&own_policy, &own) &&
			       cordon_policy_load(own_policy, CORDON_SOURCE_PRESET, NULL, &own) &&
			       cordon_run_new(own_policy, NULL, &run, &own) && cordon_run_start(run, argv, &own) &&
			       cordon_run_wait(run, &result, &own) && !result.was_refused && result.exit_status == 3;
		if (!is_fine) {
			print_message("thread: %s %s\n", own.text, result.error.text);
			atomic_fetch_add(failures, 1);
		}
		cordon_run_free(run);
		cordon_policy_free(own_policy);
	}
	return NULL;
}

static void start__from_several_threads_works(void **state)
{
	(void)state;
	need_namespaces();
	struct holding before = look();
	pthread_t threads[THREADS];
	atomic_int failures = 0;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, &failures), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(failures, 0);
	check_left(&before);
}

/* One thread plans, another starts, a third waits: the thread that started may even be gone. */
static void *start_in_thread(void *context)
{
	const char *const argv[] = { "/bin/sh", "-c", "sleep 0.1; exit 3", NULL };
	struct cordon_error own = CORDON_ERROR_INIT;
	return cordon_run_start(context, argv, &own) ? context : NULL;
}

static void *plan_in_thread(void *context)
{
	(void)context;
	return new_run(NULL);
}

static void run__outlives_the_threads_that_planned_and_started_it(void **state)
{
	(void)state;
	need_namespaces();
	pthread_t thread;
	void *run = NULL, *started = NULL;
	assert_int_equal(pthread_create(&thread, NULL, plan_in_thread, NULL), 0);
	pthread_join(thread, &run);
	assert_non_null(run);
	assert_int_equal(pthread_create(&thread, NULL, start_in_thread, run), 0);
	pthread_join(thread, &started);
	assert_ptr_equal(started, run);
	assert_int_equal(wait_run(run).exit_status, 3);
	cordon_run_free(run);
}

/* -- forks in between ----------------------------------------------------------------------------------------- */

/* A program's other threads fork: each child has a copy of whatever is open, and some live on without exec. */
static void *fork_in_thread(void *context)
{
	const atomic_bool *is_over = context;
	for (int i = 0; !atomic_load(is_over) && i < 400; i++) {
		pid_t child = fork();
		if (child == 0) {
			sleep_ms(i % 10 == 0 ? 200 : 0);
			_exit(0);
		}
		if (i % 10 != 0)
			waitpid(child, NULL, 0);
		sleep_ms(1);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	return NULL;
}

static void fork__of_another_thread_is_harmless(void **state)
{
	(void)state;
	need_namespaces();
	struct holding before = look();
	pthread_t thread;
	atomic_bool is_over = false;
	atomic_int failures = 0;
	assert_int_equal(pthread_create(&thread, NULL, fork_in_thread, &is_over), 0);
	run_in_thread(&failures);
	run_in_thread(&failures);
	atomic_store(&is_over, true);
	pthread_join(thread, NULL);
	assert_int_equal(failures, 0);
	check_left(&before);
}

/* A child that was forked while a run lasts has a copy of all its descriptors; the run ends all the same, and on time.
 */
static void fork__that_lives_on_does_not_hold_a_run(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run *run = start_shell(NULL, "exit 3");
	pid_t child = fork();
	if (child == 0) {
		sleep_ms(20000);
		_exit(0);
	}
	struct cordon_run *killed = start_shell(NULL, "sleep 300");
	wait_for_start(killed);
	time_t begin = time(NULL);
	assert_int_equal(wait_run(run).exit_status, 3);
	cordon_run_free(run);
	cordon_run_free(killed);
	assert_true(time(NULL) - begin < 10);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

struct doomed {
	int out[2]; /* the second end is in every process of the run */
};

/* In a process of its own: starts a run, leaves a forked child behind and is killed. */
static void *start_and_die(void *context)
{
	const struct doomed *doomed = context;
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.output = doomed->out[1];
	struct cordon_run *run = start_shell(&options, "echo; sleep 300");
	wait_for_start(run);
	if (fork() == 0) {
		close(doomed->out[1]);
		sleep_ms(20000);
		_exit(0);
	}
	kill(getpid(), SIGKILL);
	return NULL;
}

/* The tree dies with the process that started it, though a child that was forked in between keeps every descriptor of
 * the run open, and though the thread that started it was not the main one, so that PDEATHSIG is not to be had.
 */
static void run__dies_with_its_process_whatever_that_has_forked(void **state)
{
	(void)state;
	need_namespaces();
	struct doomed doomed;
	pthread_t thread;
	assert_int_equal(pipe2(doomed.out, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		setpgid(0, 0);
		if (pthread_create(&thread, NULL, start_and_die, &doomed) == 0)
			pthread_join(thread, NULL);
		_exit(1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	close(doomed.out[1]);
	char byte = 0;
	struct pollfd source = { .fd = doomed.out[0], .events = POLLIN };
	ssize_t length = 1;
	while (length > 0 && poll(&source, 1, 10000) == 1)
		length = read(doomed.out[0], &byte, 1);
	kill(-child, SIGKILL); /* the forked child */
	assert_int_equal(length, 0);
	close(doomed.out[0]);
}

/* -- signals and what a process is ------------------------------------------------------------------------------ */

static atomic_int deaths;

static void note_death(int number)
{
	(void)number;
	atomic_fetch_add(&deaths, 1);
}

/* Programs have a SIGCHLD handler or wait for any child: they meet theirs and none of ours. */
static void children__of_the_caller_are_the_only_ones_it_meets(void **state)
{
	(void)state;
	need_namespaces();
	struct sigaction before, after, action = { .sa_handler = note_death, .sa_flags = SA_RESTART };
	atomic_store(&deaths, 0);
	assert_int_equal(sigaction(SIGCHLD, &action, &before), 0);
	for (int i = 0; i < 5; i++) {
		struct cordon_run *run = start_shell(NULL, "sh -c 'exit 1'; exit 3");
		assert_int_equal(wait_run(run).exit_status, 3);
		cordon_run_free(run);
	}
	struct cordon_run *killed = start_shell(NULL, "sleep 300");
	wait_for_start(killed);
	cordon_run_free(killed);
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(deaths, 0);

	struct cordon_run *run = start_shell(NULL, "exit 3");
	pid_t child = fork();
	if (child == 0)
		_exit(7);
	int status = 0;
	assert_int_equal(waitpid(-1, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(wait_run(run).exit_status, 3);
	cordon_run_free(run);
	assert_int_equal(deaths, 1);
	assert_int_equal(sigaction(SIGCHLD, &before, &after), 0);
	assert_ptr_equal(after.sa_handler, note_death);
}

/* With SIGCHLD ignored the kernel reaps a process' children by itself: a run's status must not get lost with them. */
static void run__ends_well_where_the_caller_ignores_SIGCHLD(void **state)
{
	(void)state;
	need_namespaces();
	struct sigaction before, ignore = { .sa_handler = SIG_IGN };
	assert_int_equal(sigaction(SIGCHLD, &ignore, &before), 0);
	struct cordon_run *run = start_shell(NULL, "sh -c 'exit 4'; exit $?");
	assert_int_equal(wait_run(run).exit_status, 4);
	cordon_run_free(run);
	assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
}

struct process {
	mode_t mask;
	char directory[4096];
	sigset_t blocked;
	cpu_set_t processors;
	struct {
		void (*handler)(int);
		int flags;
	} actions[32];
	struct rlimit limits[RLIM_NLIMITS];
	pid_t session, group;
	uid_t user;
};

static void describe(struct process *process)
{
	memset(process, 0, sizeof *process);
	process->mask = umask(0);
	umask(process->mask);
	assert_non_null(getcwd(process->directory, sizeof process->directory));
	pthread_sigmask(SIG_SETMASK, NULL, &process->blocked);
	sched_getaffinity(0, sizeof process->processors, &process->processors);
	for (int i = 1; i < 32; i++) {
		struct sigaction action;
		sigaction(i, NULL, &action);
		process->actions[i].handler = action.sa_handler;
		process->actions[i].flags = action.sa_flags;
	}
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &process->limits[i]);
	process->session = getsid(0);
	process->group = getpgrp();
	process->user = geteuid();
}

static void process__is_as_it_was(void **state)
{
	(void)state;
	need_namespaces();
	struct process before, after;
	sigset_t blocked, old;
	mode_t mask = umask(0027);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &blocked, &old);
	describe(&before);
	struct cordon_run *run = start_shell(NULL, "exit 3");
	describe(&after);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(wait_run(run).exit_status, 3);
	describe(&after);
	assert_memory_equal(&before, &after, sizeof before);
	assert_non_null(cordon_run_report(run));
	cordon_run_free(run);
	describe(&after);
	assert_memory_equal(&before, &after, sizeof before);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	umask(mask);
}

/* Another thread may fork and exec at any moment: what a run has open must not go along. */
static void descriptors__of_a_run_do_not_pass_to_other_programs(void **state)
{
	(void)state;
	need_namespaces();
	bool was_open[512];
	int found = 0;
	for (int i = 0; i < 512; i++)
		was_open[i] = fcntl(i, F_GETFD) >= 0;
	struct cordon_run *run = start_shell(NULL, "sleep 300");
	int32_t is_ended = 0;
	wait_for_start(run);
	for (int i = 0; i < 10; i++)
		assert_true(cordon_run_step(run, 10, &is_ended, &err));
	for (int i = 0; i < 512; i++) {
		int flags = fcntl(i, F_GETFD);
		if (was_open[i] || flags < 0)
			continue;
		found++;
		if (!(flags & FD_CLOEXEC))
			fail_msg("descriptor %d passes", i);
	}
	assert_true(found > 0);
	cordon_run_free(run);
}

/* Refused and failed runs must not cost descriptors either. */
static void failure__leaves_nothing(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.workspace = "/";
	const char *const argv[] = { "no-such-command", NULL };
	struct holding before = look();
	for (int i = 0; i < 5; i++) {
		struct cordon_run *run = NULL;
		assert_false(cordon_run_new(policy, &options, &run, &err));
		cordon_run_free(new_run(NULL)); /* planned and never started */
		run = start_run(NULL, argv);
		assert_int_equal(wait_run(run).exit_status, 127);
		cordon_run_free(run);
	}
	check_left(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(process__is_as_it_was, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(descriptors__of_a_run_do_not_pass_to_other_programs, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(failure__leaves_nothing, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(children__of_the_caller_are_the_only_ones_it_meets, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(run__ends_well_where_the_caller_ignores_SIGCHLD, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(start__of_two_hundred_at_once_works, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__of_two_hundred_at_once_may_last, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(start__from_several_threads_works, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__outlives_the_threads_that_planned_and_started_it, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(fork__of_another_thread_is_harmless, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__dies_with_its_process_whatever_that_has_forked, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(fork__that_lives_on_does_not_hold_a_run, runs_setup, runs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
