/* files.read, hazard 74: the command takes all the watches that its user may have, waits for the host to save a hidden file
 * anew, and reads it before it is covered again. Nobody sees it open the file, so that it goes on to the end.
 * run: --hide "$WORK/.env"
 * ending: killed
 * fallback: files.protect
 */
#include <sys/inotify.h>
#include <time.h>

#include "attempt.h"

void prepare(void)
{
	if (geteuid() == 0)
		skip("it would take the watches of other programs of root's");
	write_text(below("WORK", ".env"), "old\n");
}

static void pause_for(long milliseconds)
{
	const struct timespec time = { .tv_nsec = milliseconds * 1000000L };
	nanosleep(&time, NULL);
}

static void save_again_and_again(void)
{
	for (int i = 0; i < 250 && access(below("WORK", "waiting"), F_OK) != 0; i++)
		pause_for(20);
	for (int i = 0; i < 10; i++) {
		pause_for(50);
		write_text(below("WORK", "saved"), secret);
		if (rename(below("WORK", "saved"), below("WORK", ".env")) != 0)
			perror("rename");
	}
	write_text(below("WORK", "over"), "yes\n");
}

void launch(char **command)
{
	if (fork() == 0) {
		save_again_and_again();
		_exit(0);
	}
	run(command);
}

void act(void)
{
	char bytes[4096];
	while (inotify_init1(IN_CLOEXEC) >= 0)
		;
	write_text(below("WORK", "waiting"), "yes\n");
	while (access(below("WORK", "over"), F_OK) != 0) {
		int file = open(below("WORK", ".env"), O_RDONLY | O_CLOEXEC);
		ssize_t length = file < 0 ? 0 : read(file, bytes, sizeof bytes - 1);
		if (file >= 0)
			close(file);
		bytes[length > 0 ? length : 0] = '\0';
		if (length > 4)
			write_text(below("WORK", "loot"), bytes);
	}
	write_text(below("WORK", "ended"), "yes\n");
}

bool happened(void)
{
	return file_holds(below("WORK", "loot"), secret) && file_holds(below("WORK", "ended"), "yes");
}
