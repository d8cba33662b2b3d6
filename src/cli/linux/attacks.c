#include "cli/linux/attacks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/host.h"

enum {
	BARE,
	INSIDE,
	SIDES,
	SECONDS_MAX = 10,     /* of one act */
	SMALL = 64 * 1024,    /* the limits of a file's size and of output */
	PRINTED = 16 * SMALL, /* more than lies in pipes on the way */
	FILES = 128,          /* twice their limit */
	LATE_MS = 250,        /* five times their limit */
	BEAT_MS = 20,
	BEATS = 50,
	MARK_SIZE = 33, /* hexadecimal, with its end */
};

/* The targets of one side, and what is printed there. */
struct side {
	char *folder;
	int printed; /* a file */
	int port_listener, socket_listener, abstract_listener;
	char port[8], abstract[40], victim[16];
	pid_t victim_pid;
};

struct attack_world {
	char *folder;
	char secret[MARK_SIZE];
	struct side sides[SIDES];
	char *place, *program; /* the last that were asked for */
	const char *command[6];
};

struct row {
	struct attack attack; /* first: a pointer to it is one to the row */
	const char *name;
	size_t target; /* a text of the side's, offsetof(struct side, …); 0: the place, if it has one */
	bool (*act)(const char *target);
	bool (*has_happened)(const struct attack_world *world, const struct side *side);
};

/* -- acts, in the copy --------------------------------------------------------------------------------------------- */

/* What only the copy can know. */
static bool tell(const char *mark)
{
	return write(1, mark, strlen(mark)) == (ssize_t)strlen(mark);
}

static bool write_to(const char *target)
{
	int file = open(target, O_WRONLY | O_APPEND | O_CLOEXEC);
	return file >= 0 && write(file, "x", 1) == 1;
}

static bool change_mode(const char *target)
{
	return chmod(target, 0644) == 0;
}

static bool read_from(const char *target)
{
	char bytes[MARK_SIZE] = "";
	int file = open(target, O_RDONLY | O_CLOEXEC);
	return file >= 0 && read(file, bytes, sizeof bytes - 1) > 0 && tell(bytes);
}

static bool make(const char *target)
{
	return open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0700) >= 0;
}

static bool connect_to(int family, const void *address, socklen_t size)
{
	int connection = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return connection >= 0 && connect(connection, address, size) == 0;
}

static bool connect_to_port(const char *target)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(target)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return connect_to(AF_INET, &address, sizeof address);
}

/* By a name in the current directory: a path may be too long for an address. */
static bool connect_to_socket(const char *target)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *slash = strrchr(target, '/');
	CORDON_ON_EXIT(free_text) char *directory = text_format("%.*s", (int)(slash - target), target);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", slash + 1);
	return directory && chdir(directory) == 0 && connect_to(AF_UNIX, &address, sizeof address);
}

static socklen_t name_abstract(const char *name, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	size_t length = strnlen(name, sizeof ret_address->sun_path - 1);
	memcpy(ret_address->sun_path + 1, name, length);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

static bool connect_to_abstract(const char *target)
{
	struct sockaddr_un address;
	socklen_t size = name_abstract(target, &address);
	return connect_to(AF_UNIX, &address, size);
}

static bool kill_other(const char *target)
{
	return kill(atoi(target), SIGKILL) == 0;
}

static bool enter_namespace(const char *target)
{
	(void)target;
	return unshare(CLONE_NEWUSER) == 0 && tell("namespace");
}

static void rest(long milliseconds)
{
	const struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
	nanosleep(&time, NULL);
}

static bool leave_process(const char *target)
{
	(void)target;
	if (fork() != 0)
		return true;
	setsid();
	for (int i = 0; i < BEATS && tell("."); i++)
		rest(BEAT_MS);
	_exit(0);
}

static bool open_many(const char *target)
{
	(void)target;
	for (int i = 0; i < FILES; i++)
		if (open("/", O_PATH) < 0)
			return false;
	return tell("many");
}

static bool write_large(const char *target)
{
	static const char bytes[2 * SMALL];
	(void)target;
	signal(SIGXFSZ, SIG_IGN);
	int file = memfd_create("large", MFD_CLOEXEC);
	return file >= 0 && write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes && tell("large");
}

static bool take_long(const char *target)
{
	(void)target;
	rest(LATE_MS);
	return tell("late");
}

static bool print_much(const char *target)
{
	static const char bytes[4096];
	(void)target;
	for (size_t printed = 0; printed < PRINTED; printed += sizeof bytes)
		if (write(1, bytes, sizeof bytes) != (ssize_t)sizeof bytes)
			return false;
	return true;
}

/* -- what has happened, outside ------------------------------------------------------------------------------------ */

static bool look(const struct side *side, const char *name, struct stat *ret_status)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s/%s", side->folder, name);
	return path && lstat(path, ret_status) == 0;
}

static bool was_written(const struct attack_world *world, const struct side *side)
{
	struct stat status;
	(void)world;
	return look(side, "outside/file", &status) && status.st_size > 0;
}

static bool was_mode_changed(const struct attack_world *world, const struct side *side)
{
	struct stat status;
	(void)world;
	return look(side, "outside/mode", &status) && (status.st_mode & 0777) != 0600;
}

static bool is_hook_there(const struct attack_world *world, const struct side *side)
{
	struct stat status;
	(void)world;
	return look(side, "work/.git/hooks/pre-commit", &status);
}

static bool was_printed(const struct side *side, const char *mark)
{
	char bytes[256] = "";
	ssize_t length = pread(side->printed, bytes, sizeof bytes, 0);
	return length > 0 && memmem(bytes, (size_t)length, mark, strlen(mark));
}

static bool was_read(const struct attack_world *world, const struct side *side)
{
	return was_printed(side, world->secret);
}

static bool was_namespace_entered(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return was_printed(side, "namespace");
}

static bool were_many_opened(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return was_printed(side, "many");
}

static bool was_large_written(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return was_printed(side, "large");
}

static bool was_late(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return was_printed(side, "late");
}

static off_t printed_size(const struct side *side)
{
	struct stat status;
	return fstat(side->printed, &status) == 0 ? status.st_size : 0;
}

static bool was_much_printed(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return printed_size(side) > SMALL;
}

static bool is_process_left(const struct attack_world *world, const struct side *side)
{
	off_t before = printed_size(side);
	(void)world;
	for (int i = 0; i < 10; i++) {
		rest(BEAT_MS);
		if (printed_size(side) > before)
			return true;
	}
	return false;
}

static bool was_connected(int listener)
{
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (connection >= 0)
		close(connection);
	return connection >= 0;
}

static bool was_port_reached(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return was_connected(side->port_listener);
}

static bool was_socket_reached(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return was_connected(side->socket_listener);
}

static bool was_abstract_reached(const struct attack_world *world, const struct side *side)
{
	(void)world;
	return was_connected(side->abstract_listener);
}

static bool was_killed(const struct attack_world *world, const struct side *side)
{
	(void)world;
	for (int i = 0; i < 20; i++) {
		siginfo_t how = { 0 };
		if (waitid(P_PID, (id_t)side->victim_pid, &how, WEXITED | WNOHANG | WNOWAIT) == 0 && how.si_pid != 0)
			return true;
		rest(5);
	}
	return false;
}

/* -- the list ------------------------------------------------------------------------------------------------------ */

#define TEXT_OF(member) offsetof(struct side, member)
static const struct row rows[] = {
	{ { "files.write", "write to a file outside", NULL, NULL, "outside/file" }, "write", 0, write_to, was_written },
	{ { "files.write", "change the mode of a file outside", NULL, NULL, "outside/mode" },
	  "mode",
	  0,
	  change_mode,
	  was_mode_changed },
	{ { "files.read", "read a hidden file", "files", "none", "outside/hidden" }, "read", 0, read_from, was_read },
	{ { "files.protect", "add a hook to the repository", NULL, NULL, "work/.git/hooks/pre-commit" },
	  "hook",
	  0,
	  make,
	  is_hook_there },
	{ { "net.off", "connect to a port of this host", NULL, NULL, NULL },
	  "port",
	  TEXT_OF(port),
	  connect_to_port,
	  was_port_reached },
	{ { "net.filtered", "connect to a port of this host", NULL, NULL, NULL },
	  "port",
	  TEXT_OF(port),
	  connect_to_port,
	  was_port_reached },
	{ { "ipc", "connect to a socket in the file system", NULL, NULL, "outside/socket" },
	  "socket",
	  0,
	  connect_to_socket,
	  was_socket_reached },
	{ { "ipc", "connect to an abstract socket", NULL, NULL, NULL },
	  "abstract",
	  TEXT_OF(abstract),
	  connect_to_abstract,
	  was_abstract_reached },
	{ { "processes", "kill a process outside", NULL, NULL, NULL },
	  "kill",
	  TEXT_OF(victim),
	  kill_other,
	  was_killed },
	{ { "kernel", "enter a user namespace", NULL, NULL, NULL },
	  "namespace",
	  0,
	  enter_namespace,
	  was_namespace_entered },
	{ { "tree", "leave a process running", NULL, NULL, NULL }, "leave", 0, leave_process, is_process_left },
	{ { "limits.open_files", "open more than 64 files", "limits.open_files", "64", NULL },
	  "many",
	  0,
	  open_many,
	  were_many_opened },
	{ { "limits.file_size", "write a file of more than 64 KiB", "limits.file_size", "64KiB", NULL },
	  "large",
	  0,
	  write_large,
	  was_large_written },
	{ { "limits.wall_time", "run for longer than 50 ms", "limits.wall_time", "50ms", NULL },
	  "late",
	  0,
	  take_long,
	  was_late },
	{ { "limits.output", "print more than 64 KiB", "limits.output", "64KiB", NULL },
	  "print",
	  0,
	  print_much,
	  was_much_printed },
};

const struct attack *attacks_at(size_t index)
{
	return index < COUNT_OF(rows) ? &rows[index].attack : NULL;
}

int attacks_act(const char *name, const char *target)
{
	alarm(SECONDS_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			_exit(rows[i].act(target) ? 0 : 1);
	return 1;
}

/* -- the world ----------------------------------------------------------------------------------------------------- */

static bool put(const struct side *side, const char *name, mode_t mode, const char *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s/%s", side->folder, name);
	if (!path)
		return cordon_fail_memory(err);
	if (!text)
		return mkdir(path, mode) == 0 || cordon_fail_errno(err, errno, "make '%s'", path);
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	bool is_put = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
	int code = errno;
	if (file >= 0)
		close(file);
	return is_put || cordon_fail_errno(err, code, "make '%s'", path);
}

static bool copy_program(const struct side *side, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s/work/attacker", side->folder);
	struct stat status;
	if (!path)
		return cordon_fail_memory(err);
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	bool is_copied = from >= 0 && to >= 0 && fstat(from, &status) == 0;
	for (off_t at = 0; is_copied && at < status.st_size;)
		is_copied = sendfile(to, from, &at, (size_t)(status.st_size - at)) > 0;
	int code = errno;
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return is_copied || cordon_fail_errno(err, code, "copy this program to '%s'", path);
}

static bool fill(const struct attack_world *world, struct side *side, struct cordon_error *err)
{
	const struct {
		const char *name;
		mode_t mode;
		const char *text;
	} things[] = {
		{ "", 0700, NULL },
		{ "outside", 0700, NULL },
		{ "outside/file", 0600, "" },
		{ "outside/mode", 0600, "" },
		{ "outside/hidden", 0600, world->secret },
		{ "printed", 0600, "" },
		{ "work", 0700, NULL },
		{ "work/.git", 0700, NULL },
		{ "work/.git/objects", 0700, NULL },
		{ "work/.git/refs", 0700, NULL },
		{ "work/.git/hooks", 0700, NULL },
		{ "work/.git/HEAD", 0600, "ref: refs/heads/main\n" },
		{ "work/.git/config", 0600, "[core]\n\tbare = false\n" },
	};
	for (size_t i = 0; i < COUNT_OF(things); i++)
		if (!put(side, things[i].name, things[i].mode, things[i].text, err))
			return false;
	CORDON_ON_EXIT(free_text) char *printed = text_format("%s/printed", side->folder);
	side->printed = printed ? open(printed, O_RDWR | O_APPEND | O_CLOEXEC) : -1;
	if (side->printed < 0)
		return cordon_fail_errno(err, errno, "open '%s/printed'", side->folder);
	return copy_program(side, err);
}

static int listen_at(int family, const void *address, socklen_t size)
{
	int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0 || (bind(listener, address, size) == 0 && listen(listener, 4) == 0))
		return listener;
	int code = errno;
	close(listener);
	errno = code;
	return -1;
}

/* Through the directory's descriptor: a path may be too long for an address. */
static int listen_in(const char *folder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", directory);
	int listener = listen_at(AF_UNIX, &address, sizeof address);
	int code = errno;
	close(directory);
	errno = code;
	return listener;
}

static bool listen_for(struct side *side, struct cordon_error *err)
{
	struct sockaddr_in port = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un abstract;
	socklen_t size = sizeof port;
	CORDON_ON_EXIT(free_text) char *outside = text_format("%s/outside", side->folder);
	if (!outside)
		return cordon_fail_memory(err);
	side->port_listener = listen_at(AF_INET, &port, size);
	side->socket_listener = listen_in(outside);
	if (side->port_listener < 0 || side->socket_listener < 0 ||
	    getsockname(side->port_listener, (struct sockaddr *)&port, &size) != 0)
		return cordon_fail_errno(err, errno, "make a socket to be attacked");
	snprintf(side->port, sizeof side->port, "%u", (unsigned)ntohs(port.sin_port));
	side->abstract_listener = listen_at(AF_UNIX, &abstract, name_abstract(side->abstract, &abstract));
	return side->abstract_listener >= 0 || cordon_fail_errno(err, errno, "make a socket to be attacked");
}

/* One that lives no longer than this process. */
static bool start_victim(struct side *side, struct cordon_error *err)
{
	int ends[2];
	char byte;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return cordon_fail_errno(err, errno, "make a pipe");
	side->victim_pid = fork();
	if (side->victim_pid == 0) {
		close(ends[1]);
		while (read(ends[0], &byte, 1) < 0)
			;
		_exit(0);
	}
	close(ends[0]); /* the other end stays open until this process ends */
	snprintf(side->victim, sizeof side->victim, "%ld", (long)side->victim_pid);
	return side->victim_pid > 0 || cordon_fail_errno(err, errno, "start a process to be attacked");
}

static bool make_mark(char mark[MARK_SIZE], struct cordon_error *err)
{
	unsigned char bytes[(MARK_SIZE - 1) / 2];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return cordon_fail_errno(err, errno, "get random numbers");
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(mark + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

static bool make_side(struct attack_world *world, int which, struct cordon_error *err)
{
	struct side *side = &world->sides[which];
	side->folder = text_format("%s/%s", world->folder, which == BARE ? "bare" : "inside");
	if (!side->folder)
		return cordon_fail_memory(err);
	return make_mark(side->abstract, err) && fill(world, side, err) && listen_for(side, err) &&
	       start_victim(side, err);
}

bool attacks_new(struct attack_world **ret_world, struct cordon_error *err)
{
	const char *home = host_home();
	struct attack_world *world = calloc(1, sizeof *world);
	if (!world)
		return cordon_fail_memory(err);
	for (int i = 0; i < SIDES; i++) {
		struct side *side = &world->sides[i];
		side->printed = side->port_listener = side->socket_listener = side->abstract_listener = -1;
	}
	world->folder = text_format("%s/.cordon-verify.XXXXXX", home ? home : "/var/tmp");
	bool is_made = world->folder && mkdtemp(world->folder);
	if (!is_made)
		cordon_fail_errno(err, errno, "make a folder '%s'", world->folder ? world->folder : "");
	if (!is_made || !make_mark(world->secret, err) || !make_side(world, BARE, err) ||
	    !make_side(world, INSIDE, err)) {
		attacks_free(world);
		return false;
	}
	*ret_world = world;
	return true;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)walk;
	return kind == FTW_DP ? rmdir(path) : unlink(path);
}

static void close_one(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}

struct attack_world *attacks_free(struct attack_world *world)
{
	if (!world)
		return NULL;
	for (int i = 0; i < SIDES; i++) {
		struct side *side = &world->sides[i];
		if (side->victim_pid > 0 && kill(side->victim_pid, SIGKILL) == 0)
			waitpid(side->victim_pid, NULL, 0);
		close_one(side->printed);
		close_one(side->port_listener);
		close_one(side->socket_listener);
		close_one(side->abstract_listener);
		free(side->folder);
	}
	if (world->folder)
		nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(world->folder);
	free(world->place);
	free(world->program);
	free(world);
	return NULL;
}

/* -- trying -------------------------------------------------------------------------------------------------------- */

static const char *keep(char **kept, char *text)
{
	free(*kept);
	*kept = text;
	return text ? text : "";
}

const char *attacks_workspace(struct attack_world *world)
{
	return keep(&world->place, text_format("%s/work", world->sides[INSIDE].folder));
}

static const char *place_of(struct attack_world *world, const struct side *side, const struct attack *attack)
{
	return keep(&world->place, text_format("%s/%s", side->folder, attack->place ? attack->place : "work"));
}

const char *attacks_place(struct attack_world *world, const struct attack *attack)
{
	return place_of(world, &world->sides[INSIDE], attack);
}

static const char *const *command_of(struct attack_world *world, struct side *side, const struct attack *attack)
{
	const struct row *row = (const struct row *)attack;
	const char *target = row->target ? (const char *)side + row->target : place_of(world, side, attack);
	const char *program = keep(&world->program, text_format("%s/work/attacker", side->folder));
	const char *const command[] = { program, "verify", "--act", row->name, target, NULL };
	memcpy(world->command, command, sizeof command);
	/* What was printed before is no longer of interest. */
	int ignored = ftruncate(side->printed, 0);
	(void)ignored;
	return world->command;
}

const char *const *attacks_command(struct attack_world *world, const struct attack *attack)
{
	return command_of(world, &world->sides[INSIDE], attack);
}

int32_t attacks_stream(const struct attack_world *world)
{
	return world->sides[INSIDE].printed;
}

bool attacks_succeed_bare(struct attack_world *world, const struct attack *attack)
{
	struct side *side = &world->sides[BARE];
	const char *const *command = command_of(world, side, attack);
	pid_t pid = fork();
	if (pid == 0) {
		if (dup2(side->printed, 0) >= 0 && dup2(side->printed, 1) >= 0 && dup2(side->printed, 2) >= 0)
			execv(command[0], (char *const *)(uintptr_t)command);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, NULL, 0) == pid && ((const struct row *)attack)->has_happened(world, side);
}

bool attacks_succeeded_inside(struct attack_world *world, const struct attack *attack)
{
	return ((const struct row *)attack)->has_happened(world, &world->sides[INSIDE]);
}
