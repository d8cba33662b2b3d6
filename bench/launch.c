/* bench/launch: how long it takes to start a program, for several ways of starting it.
 *
 *	launch [-n ROUNDS] [-l LABEL] [-o FILE.csv] NAME [@] COMMAND... [:: NAME [@] COMMAND...]...
 *
 * Every round starts each contender once; the order is rotated by one from round to round, so that
 * none of them always runs after the same neighbour. The first contender is what the others are
 * compared with. A start is timed from just before fork to the return of wait4, with plain fork and
 * execve: what a shell or an agent does. A COMMAND after the word "@" is started by libcordon in this
 * process, with the default preset: timed is all from cordon_run_new to cordon_run_free, the policy
 * being loaded once, as by a program that starts many. A command that does not exit with 0 ends the
 * whole measurement: a run that failed is not a measurement.
 */
#define _GNU_SOURCE
#include <cordon/cordon.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONTENDERS 8
#define WARM_UP_ROUNDS 5

struct contender {
	const char *name;
	char **argv;
	bool is_library;
	double *microseconds; /* one a round, sorted by summarise */
	long peak_kib;
	double median, p95, least;
};

struct bench {
	struct contender contenders[MAX_CONTENDERS];
	int count;
	int rounds;
	const char *label;
	const char *csv;
	struct cordon_policy *policy; /* for contenders of the library */
	int null;
	int messages; /* what the commands say on stderr, shown only when one fails */
};

extern char **environ;

static double now_microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* In the child: a terminal on 0, 1 or 2 would make some launchers do more work than others. */
static _Noreturn void execute(const struct bench *bench, char **argv)
{
	if (dup2(bench->null, 0) < 0 || dup2(bench->null, 1) < 0 || dup2(bench->messages, 2) < 0)
		_exit(125);
	execve(argv[0], argv, environ);
	_exit(127);
}

static void show_messages(const struct bench *bench)
{
	char buffer[4096];
	ssize_t length = pread(bench->messages, buffer, sizeof buffer, 0);

	if (length > 0)
		fwrite(buffer, 1, (size_t)length, stderr);
}

/* As start_once, by the library. What the command itself takes of memory it does not tell. */
static double start_in_library(const struct bench *bench, const struct contender *contender)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	struct cordon_result result = CORDON_RESULT_INIT;
	struct cordon_run *run = NULL;

	options.input = options.output = bench->null;
	options.error = bench->messages;
	double begin = now_microseconds();
	bool is_over = cordon_run_new(bench->policy, &options, &run, &err) &&
		       cordon_run_start(run, (const char *const *)contender->argv, &err) &&
		       cordon_run_wait(run, &result, &err);

	cordon_run_free(run);
	double took = now_microseconds() - begin;

	if (is_over && !result.was_refused && result.exit_status == 0)
		return took;
	fprintf(stderr, "launch: '%s' failed: status %d: %s\n", contender->name, (int)result.exit_status,
		is_over ? result.error.text : err.text);
	return -1;
}

/* Starts the contender once. Returns the time it took; negative after saying what went wrong. */
static double start_once(const struct bench *bench, struct contender *contender)
{
	struct rusage usage;
	int status = 0;
	double begin = now_microseconds();
	pid_t pid = fork();

	if (pid == 0)
		execute(bench, contender->argv);
	if (pid < 0) {
		fprintf(stderr, "launch: fork: %s\n", strerror(errno));
		return -1;
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return -1;
	double took = now_microseconds() - begin;

	if (status != 0) {
		show_messages(bench);
		fprintf(stderr, "launch: '%s' failed: %s %d\n", contender->name,
			WIFSIGNALED(status) ? "killed by signal" : "exit status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		return -1;
	}
	if (usage.ru_maxrss > contender->peak_kib)
		contender->peak_kib = usage.ru_maxrss;
	return took;
}

static bool measure(struct bench *bench)
{
	for (int round = -WARM_UP_ROUNDS; round < bench->rounds; round++) {
		for (int turn = 0; turn < bench->count; turn++) {
			int index = (turn + round + WARM_UP_ROUNDS) % bench->count;
			struct contender *contender = &bench->contenders[index];
			double took = contender->is_library ? start_in_library(bench, contender)
							    : start_once(bench, contender);

			if (took < 0)
				return false;
			if (round >= 0)
				contender->microseconds[round] = took;
		}
	}
	return true;
}

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static void summarise(struct contender *contender, int rounds)
{
	double *sorted = contender->microseconds;

	qsort(sorted, (size_t)rounds, sizeof *sorted, compare_numbers);
	contender->median = (sorted[(rounds - 1) / 2] + sorted[rounds / 2]) / 2;
	contender->p95 = sorted[(rounds * 95 - 1) / 100];
	contender->least = sorted[0];
}

static const struct contender *find_contender(const struct bench *bench, const char *name)
{
	for (int i = 0; i < bench->count; i++)
		if (strcmp(bench->contenders[i].name, name) == 0)
			return &bench->contenders[i];
	return NULL;
}

static void print_table(const struct bench *bench)
{
	const struct contender *bare = &bench->contenders[0];
	const struct contender *bwrap = find_contender(bench, "bwrap");

	printf("%s, %d rounds\n", bench->label, bench->rounds);
	printf("  %-16s %10s %10s %10s %8s %9s %9s\n", "", "median us", "p95 us", "min us", "/ bare", "/ bwrap",
	       "peak KiB");
	for (int i = 0; i < bench->count; i++) {
		const struct contender *it = &bench->contenders[i];

		printf("  %-16s %10.0f %10.0f %10.0f %8.2f ", it->name, it->median, it->p95, it->least,
		       it->median / bare->median);
		if (bwrap)
			printf("%9.2f", it->median / bwrap->median);
		else
			printf("%9s", "-");
		if (it->is_library)
			printf(" %9s\n", "-");
		else
			printf(" %9ld\n", it->peak_kib);
	}
}

/* Appends, so that several runs (users) share a file; the first one writes the heading. */
static bool write_csv(const struct bench *bench)
{
	const struct contender *bwrap = find_contender(bench, "bwrap");
	FILE *file = fopen(bench->csv, "a");

	if (!file) {
		fprintf(stderr, "launch: %s: %s\n", bench->csv, strerror(errno));
		return false;
	}
	fseek(file, 0, SEEK_END);
	if (ftell(file) == 0)
		fputs("label,contender,rounds,median_us,p95_us,min_us,"
		      "ratio_to_bare,ratio_to_bwrap,peak_kib\n",
		      file);
	for (int i = 0; i < bench->count; i++) {
		const struct contender *it = &bench->contenders[i];

		fprintf(file, "%s,%s,%d,%.1f,%.1f,%.1f,%.3f,", bench->label, it->name, bench->rounds, it->median,
			it->p95, it->least, it->median / bench->contenders[0].median);
		if (bwrap)
			fprintf(file, "%.3f", it->median / bwrap->median);
		if (it->is_library)
			fputs(",\n", file);
		else
			fprintf(file, ",%ld\n", it->peak_kib);
	}
	if (fclose(file) != 0) {
		fprintf(stderr, "launch: %s: %s\n", bench->csv, strerror(errno));
		return false;
	}
	return true;
}

/* Cuts the argument list at each "::". The vectors are parts of argv itself. */
static bool read_contenders(struct bench *bench, char **argv)
{
	while (*argv) {
		struct contender *next = &bench->contenders[bench->count];

		if (bench->count == MAX_CONTENDERS || !argv[0] || !argv[1])
			return false;
		next->name = *argv++;
		next->is_library = strcmp(*argv, "@") == 0;
		if (next->is_library)
			argv++;
		next->argv = argv;
		while (*argv && strcmp(*argv, "::") != 0)
			argv++;
		if (next->argv == argv)
			return false;
		if (*argv)
			*argv++ = NULL;
		next->microseconds = calloc((size_t)bench->rounds, sizeof *next->microseconds);
		if (!next->microseconds)
			return false;
		bench->count++;
	}
	return bench->count > 0;
}

static bool load_policy(struct bench *bench)
{
	struct cordon_error err = CORDON_ERROR_INIT;

	if (cordon_policy_new(&bench->policy, &err) &&
	    cordon_policy_load(bench->policy, CORDON_SOURCE_PRESET, NULL, &err))
		return true;
	fprintf(stderr, "launch: %s\n", err.text);
	return false;
}

int main(int argc, char **argv)
{
	struct bench bench = { .rounds = 200, .label = "launch" };
	int option;

	while ((option = getopt(argc, argv, "+n:l:o:")) >= 0) {
		if (option == 'n')
			bench.rounds = atoi(optarg);
		else if (option == 'l')
			bench.label = optarg;
		else if (option == 'o')
			bench.csv = optarg;
		else
			return 2;
	}
	if (bench.rounds < 1 || !read_contenders(&bench, argv + optind)) {
		fputs("usage: launch [-n ROUNDS] [-l LABEL] [-o FILE]"
		      " NAME [@] COMMAND... [:: NAME [@] COMMAND...]...\n",
		      stderr);
		return 2;
	}
	bench.messages = memfd_create("messages", MFD_CLOEXEC);
	bench.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (bench.messages < 0 || bench.null < 0 || !load_policy(&bench) || !measure(&bench))
		return 1;
	for (int i = 0; i < bench.count; i++)
		summarise(&bench.contenders[i], bench.rounds);
	print_table(&bench);
	bool is_written = !bench.csv || write_csv(&bench);

	for (int i = 0; i < bench.count; i++)
		free(bench.contenders[i].microseconds);
	cordon_policy_free(bench.policy);
	return is_written ? 0 : 1;
}
