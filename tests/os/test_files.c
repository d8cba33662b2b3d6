#include <sys/socket.h>
#include <sys/un.h>

#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static struct cordon_error err;

static int setup(void **state)
{
	err = (struct cordon_error)CORDON_ERROR_INIT;
	return scratch_setup(state);
}

static void file__is_read_whole(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	FILE *file = fopen(in_scratch("large"), "we");
	for (int i = 0; i < 50000; i++)
		fputc(i % 251, file);
	fclose(file);
	assert_true(os_read_file(in_scratch("large"), 50000, &text, &err));
	assert_int_equal(text.length, 50000);
	for (int i = 0; i < 50000; i++)
		assert_int_equal((unsigned char)text.bytes[i], i % 251);
}

static void file__that_is_too_large_is_refused(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	write_file(in_scratch("file"), "12345");
	assert_true(os_read_file(in_scratch("file"), 5, &text, &err));
	CORDON_ON_EXIT(text_free) struct text other = { 0 };
	assert_false(os_read_file(in_scratch("file"), 4, &other, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_null(other.bytes);
}

/* A policy that is a fifo must not hang, one that is a device must not be read for ever. */
static void file__that_is_none_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(in_scratch("fifo"), 0600), 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", in_scratch("socket"));
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	close(listener);
	const struct {
		const char *path;
		int status;
	} cases[] = {
		{ scratch, CORDON_BAD_USAGE },
		{ in_scratch("fifo"), CORDON_BAD_USAGE },
		{ "/dev/zero", CORDON_BAD_USAGE },
		{ in_scratch("socket"), CORDON_OS_FAILED },
		{ in_scratch("missing"), CORDON_OS_FAILED },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct text text = { 0 };
		assert_false(os_read_file(cases[i].path, 100, &text, &err));
		assert_int_equal(err.status, cases[i].status);
		assert_non_null(strstr(err.text, cases[i].path));
		assert_null(text.bytes);
	}
}

/* "Not there" decides that a bound is not read: only certainty may say it. */
static void existence__is_denied_only_with_certainty(void **state)
{
	(void)state;
	write_file(in_scratch("file"), "");
	assert_int_equal(symlink("nowhere", in_scratch("dangling")), 0);
	assert_true(os_exists(in_scratch("file")));
	assert_true(os_exists(in_scratch("dangling")));
	assert_false(os_exists(in_scratch("missing")));
	assert_false(os_exists(in_scratch("file/below")));
}

static void absolute__is_taken_lexically(void **state)
{
	(void)state;
	const struct {
		const char *path, *absolute;
	} cases[] = {
		{ "/", "/" },
		{ "//", "/" },
		{ "/..", "/" },
		{ "/a/../../b", "/b" },
		{ "/a/b/..", "/a" },
		{ "/a/./b//c", "/a/b/c" },
		{ "/a/b/", "/a/b/" }, /* the wish for a directory */
		{ "/a/..../b", "/a/..../b" },
		{ "/a/.b/..c", "/a/.b/..c" },
		{ ".", in_scratch("work") },
		{ "..", scratch },
		{ "x", in_scratch("work/x") },
		{ "../x/", in_scratch("x/") },
		{ "~", in_scratch("home") },
		{ "~/x", in_scratch("home/x") },
		{ "~/", in_scratch("home/") },
		{ "./~/x", in_scratch("work/~/x") },
		{ "~user", in_scratch("work/~user") },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *absolute;
		assert_true(os_absolute(cases[i].path, &absolute, &err));
		assert_string_equal(absolute, cases[i].absolute);
		free(absolute);
	}
	char *absolute;
	assert_false(os_absolute("", &absolute, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
}

static void directories__are_made_for_the_user_alone(void **state)
{
	struct stat status;
	(void)state;
	umask(0);
	assert_true(os_make_directories(in_scratch("a/b/c"), &err));
	assert_int_equal(stat(in_scratch("a/b"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_true(os_make_directories(in_scratch("a/b/c"), &err));

	write_file(in_scratch("file"), "");
	assert_false(os_make_directories(in_scratch("file"), &err));
	assert_false(os_make_directories(in_scratch("file/x"), &err));
}

/* A command may take rights away that its user would need, and give them back in a later run. */
static void aside__goes_what_its_owner_may_not_touch(void **state)
{
	char place[OS_PLACE_SIZE];
	bool was_moved = false;
	(void)state;
	if (geteuid() == 0) {
		print_message("root may touch everything\n");
		skip();
	}
	make_directory(in_scratch("closed"));
	make_directory(in_scratch("closed/inner"));
	make_directory(in_scratch("closed/inner/.tool"));
	assert_int_equal(chmod(in_scratch("closed/inner/.tool"), 0), 0);
	assert_int_equal(chmod(in_scratch("closed/inner"), 0), 0);
	assert_int_equal(chmod(in_scratch("closed"), 0), 0);
	assert_true(os_set_aside(in_scratch("closed/inner/.tool"), in_scratch("aside/run"), "1-.tool", &was_moved,
				 place, &err));
	assert_true(was_moved);
	assert_string_equal(place, in_scratch("aside/run/1-.tool"));
	assert_true(os_exists(place));
	assert_false(os_exists(in_scratch("closed/inner/.tool")));
}

static void chance__differs(void **state)
{
	unsigned char one[32] = { 0 }, other[32] = { 0 };
	(void)state;
	assert_true(os_random(one, sizeof one, &err) && os_random(other, sizeof other, &err));
	assert_memory_not_equal(one, other, sizeof one);
}

static void clocks__run_in_milliseconds(void **state)
{
	(void)state;
	uint64_t start = os_clock();
	usleep(20000);
	assert_in_range(os_clock() - start, 15, 5000);
	assert_in_range(os_time() / 1000, 1700000000, 10000000000);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file__is_read_whole),
		TEST(file__that_is_too_large_is_refused),
		TEST(file__that_is_none_is_refused),
		TEST(existence__is_denied_only_with_certainty),
		TEST(absolute__is_taken_lexically),
		TEST(directories__are_made_for_the_user_alone),
		TEST(aside__goes_what_its_owner_may_not_touch),
		TEST(chance__differs),
		TEST(clocks__run_in_milliseconds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
