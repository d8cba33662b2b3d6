/* openat2 by hand gives what the kernel gives, or refuses. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/list.h"
#include "os/linux/linux.h"
#include "scratch.h"

static const struct {
	const char *path; /* below the scratch folder where it is relative */
	uint64_t flags, resolve;
	bool is_refused; /* by hand */
} cases[] = {
	{ "work/a/b", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "work//a/./b/", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "work", O_RDONLY | O_DIRECTORY, RESOLVE_NO_SYMLINKS, false },
	{ ".", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "/", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "/", O_PATH, RESOLVE_NO_SYMLINKS | RESOLVE_IN_ROOT, false },
	{ "/work/a", O_PATH, RESOLVE_NO_SYMLINKS | RESOLVE_IN_ROOT, false },
	{ "/usr", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "work/file", O_RDONLY, RESOLVE_NO_SYMLINKS, false },
	{ "work/file/x", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "work/file", O_RDONLY | O_DIRECTORY, RESOLVE_NO_SYMLINKS, false },
	{ "work/none", O_RDONLY, RESOLVE_NO_SYMLINKS, false },
	{ "work/none/x", O_RDONLY, RESOLVE_NO_SYMLINKS, false },
	{ "work/link", O_RDONLY, RESOLVE_NO_SYMLINKS, false },
	{ "work/link", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "work/link", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS, false },
	{ "work/link/b", O_PATH, RESOLVE_NO_SYMLINKS, false },
	{ "work/link/b", O_PATH | O_NOFOLLOW, RESOLVE_IN_ROOT, true },
	{ "work/link", O_PATH, RESOLVE_IN_ROOT, true },
	{ "work/a/../file", O_PATH, RESOLVE_NO_SYMLINKS, true },
	{ "../..", O_PATH, RESOLVE_NO_SYMLINKS | RESOLVE_IN_ROOT, true },
	{ "work/link/b", O_PATH, 0, false },
	{ "", O_PATH, 0, false },
};

static ino_t inode_at(int directory, size_t i)
{
	struct stat status = { 0 };
	const struct open_how how = { .flags = cases[i].flags | O_CLOEXEC, .resolve = cases[i].resolve };
	int file = open_how(directory, cases[i].path, &how);
	if (file < 0)
		return 0;
	assert_int_equal(fstat(file, &status), 0);
	close(file);
	return status.st_ino;
}

/* From now on, for this process. */
static void refuse_openat2(void)
{
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { COUNT_OF(instructions), instructions };
	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static void open__is_the_kernels_or_stricter(void **state)
{
	ino_t inodes[COUNT_OF(cases)];
	(void)state;
	make_directory("a");
	make_directory("a/b");
	write_file("file", "");
	assert_int_equal(symlink("a", "link"), 0);
	int directory = open(in_scratch("."), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(directory >= 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		inodes[i] = inode_at(directory, i);
	assert_true(inodes[0] != 0 && inodes[3] != 0);
	refuse_openat2();
	assert_int_equal(syscall(SYS_openat2, directory, "work", NULL, 0), -1);
	assert_int_equal(errno, ENOSYS);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (inode_at(directory, i) != (cases[i].is_refused ? 0 : inodes[i]))
			fail_msg("'%s' (%zu): %ju instead of %ju", cases[i].path, i, (uintmax_t)inode_at(directory, i),
				 (uintmax_t)inodes[i]);
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(open__is_the_kernels_or_stricter, scratch_setup, scratch_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
