/* support/attempt.c: main of the attempts written in C; see attempt.h. */
#include <sys/wait.h>

#include "attempt.h"

const char *secret = "";

_Noreturn void skip(const char *reason)
{
	puts(reason);
	exit(77);
}

const char *below(const char *variable, const char *name)
{
	static char paths[4][4096];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", getenv(variable), name);
	return path;
}

void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");
	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

bool file_holds(const char *path, const char *text)
{
	static char bytes[1 << 23];
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	size_t length = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	return memmem(bytes, length, text, strlen(text)) != NULL;
}

int run(char **command)
{
	pid_t pid = fork();
	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void wait_for(const char *path)
{
	struct stat status;
	for (int i = 0; i < 500 && (stat(path, &status) != 0); i++)
		usleep(10000);
}

void start_victim(void)
{
	if (fork() == 0) {
		execl(below("VERIFY", "victim"), "victim", below("WORLD", "victim"), secret, (char *)NULL);
		_exit(127);
	}
	wait_for(below("WORLD", "victim"));
}

unsigned long long victim(const char *field)
{
	char name[32];
	unsigned long long value, found = 0;
	FILE *file = fopen(below("WORLD", "victim"), "r");
	while (file && fscanf(file, "%31s %llu", name, &value) == 2)
		if (strcmp(name, field) == 0)
			found = value;
	if (file)
		fclose(file);
	return found;
}

void hold(void)
{
	prctl(PR_SET_NAME, "held");
	/* Entering a user namespace hides a process from the harness. */
	prctl(PR_SET_DUMPABLE, 1);
	write_text(below("WORK", "holding"), "");
	wait_for(below("WORK", "released"));
}

#define DEFAULT __attribute__((weak))

DEFAULT void prepare(void)
{
}

DEFAULT const char *held(void)
{
	return "";
}

DEFAULT void launch(char **command)
{
	char *words[64] = { "sh", (char *)below("VERIFY", "watch.sh"), (char *)held() };
	size_t count = 3;
	for (char **word = command; *word && count < 63; word++)
		words[count++] = *word;
	exit(run(held()[0] ? words : command));
}

DEFAULT bool happened(void)
{
	return access(below("WORLD", "found"), F_OK) == 0;
}

DEFAULT bool worked(void)
{
	return true;
}

DEFAULT void clean(void)
{
}

int main(int count, char **arguments)
{
	const char *verb = count > 1 ? arguments[1] : "";
	if (getenv("VERIFY_SECRET")) {
		secret = strdup(getenv("VERIFY_SECRET"));
		unsetenv("VERIFY_SECRET");
	}
	if (strcmp(verb, "prepare") == 0) {
		prepare();
	} else if (strcmp(verb, "launch") == 0) {
		launch(arguments + 2);
	} else if (strcmp(verb, "act") == 0) {
		write_text(below("WORK", ".begun"), "");
		act();
		write_text(below("WORK", ".ended"), "");
	} else if (strcmp(verb, "happened") == 0) {
		return happened() ? 0 : 1;
	} else if (strcmp(verb, "worked") == 0) {
		return worked() ? 0 : 1;
	} else if (strcmp(verb, "clean") == 0) {
		clean();
	}
	return 0;
}
