/* victim FILE SECRET: a process of the user's, minding its own business for a minute. Writes "pid N", "word ADDRESS"
 * and "secret ADDRESS" lines to FILE; says in FILE.log when somebody has changed its word or sent it SIGUSR1.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static volatile char word[16] = "untouched";
static int log_file;

static void note(const char *text)
{
	if (write(log_file, text, strlen(text)) < 0)
		_exit(1);
}

static void on_signal(int signal)
{
	(void)signal;
	note("signalled\n");
}

int main(int count, char **arguments)
{
	char path[4096], final[4096];
	if (count != 3)
		return 2;
	/* Where Yama restricts tracing to descendants, this process allows everybody. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	signal(SIGUSR1, on_signal);
	snprintf(path, sizeof path, "%s.log", arguments[1]);
	log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	snprintf(path, sizeof path, "%s.new", arguments[1]);
	snprintf(final, sizeof final, "%s", arguments[1]);
	FILE *file = fopen(path, "w");
	if (log_file < 0 || !file)
		return 1;
	fprintf(file, "pid %d\nword %llu\nsecret %llu\n", (int)getpid(), (unsigned long long)(uintptr_t)word,
		(unsigned long long)(uintptr_t)arguments[2]);
	fclose(file);
	rename(path, final);
	for (int i = 0; i < 1200; i++) {
		usleep(50000);
		if (word[0] != 'u') {
			note("changed\n");
			word[0] = 'u';
		}
	}
	return 0;
}
