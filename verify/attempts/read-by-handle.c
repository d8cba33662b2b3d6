/* files.read: a hidden file opened by its handle, past every path, as root in a container may (open_by_handle_at). */
#include "attempt.h"

struct handle {
	struct file_handle head;
	unsigned char bytes[128];
};

void prepare(void)
{
	struct handle handle = { .head.handle_bytes = sizeof handle.bytes };
	int mount, file = open(below("OUTSIDE", "handle"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (geteuid() != 0)
		skip("only root may open by handle");
	if (name_to_handle_at(AT_FDCWD, below("HOME", ".ssh/id_rsa"), &handle.head, &mount, 0) != 0)
		skip("this file system has no handles");
	if (write(file, &handle, sizeof handle) != sizeof handle)
		exit(1);
}

void act(void)
{
	struct handle handle;
	char text[256];
	int file = open(below("OUTSIDE", "handle"), O_RDONLY | O_CLOEXEC);
	if (read(file, &handle, sizeof handle) != sizeof handle)
		return;
	int mount = open(getenv("WORK"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int key = open_by_handle_at(mount, &handle.head, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(key, text, sizeof text - 1);
	if (length <= 0) {
		perror("open_by_handle_at");
		return;
	}
	text[length] = '\0';
	write_text(below("WORK", "loot"), text);
}

bool happened(void)
{
	return file_holds(below("WORK", "loot"), secret);
}
