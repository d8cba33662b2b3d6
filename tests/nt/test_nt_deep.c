/* Directories in each other, as many as a command makes: neither putting descriptors on nor taking them off may end
 * cordon, for then no run would start any more, and nothing would be taken off.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/windows/descriptors.h"
#include "base/scope.h"
#include "check.h"

enum { JOURNAL_MAX = 16, DEEP = 5000 };

struct store_file {
	unsigned depth;
};

/* A directory with one directory in it, and so on. */
static struct {
	struct store store;
	unsigned depth;
	struct {
		char name[40];
		char *bytes; /* NULL: free */
		size_t length;
	} journal[JOURNAL_MAX];
} deep;

static struct cordon_error err;

static bool open_at(unsigned depth, struct store_file **ret_file)
{
	*ret_file = depth <= deep.depth ? calloc(1, sizeof **ret_file) : NULL;
	if (*ret_file)
		(*ret_file)->depth = depth;
	return true;
}

static bool open_path(struct store *store, const char *path, struct store_file **ret_file, struct cordon_error *why)
{
	(void)store, (void)path, (void)why;
	return open_at(0, ret_file);
}

static bool open_in(struct store *store, struct store_file *directory, const char *name, struct store_file **ret_file,
		    struct cordon_error *why)
{
	(void)store, (void)name, (void)why;
	return open_at(directory->depth + 1, ret_file);
}

static void close_file(struct store *store, struct store_file *file)
{
	(void)store;
	free(file);
}

static bool tell(struct store *store, struct store_file *file, struct store_about *ret_about, struct cordon_error *why)
{
	(void)store, (void)why;
	*ret_about = (struct store_about){
		.device = 1, .inode = file->depth + 1, .is_directory = true, .may_change = true
	};
	return true;
}

/* Nobody owns it, and it has an empty list. */
static bool read_file(struct store *store, struct store_file *file, struct arena *arena, const uint8_t **ret_bytes,
		      size_t *ret_length, struct cordon_error *why)
{
	static const uint8_t bytes[] = { 1, 0, 4,  0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					 0, 0, 20, 0,    0, 0, 2, 0, 8, 0, 0, 0, 0, 0 };
	(void)store, (void)file, (void)arena, (void)why;
	*ret_bytes = bytes;
	*ret_length = sizeof bytes;
	return true;
}

static bool write_file(struct store *store, struct store_file *file, const uint8_t *bytes, size_t length,
		       struct cordon_error *why)
{
	(void)store, (void)file, (void)bytes, (void)length, (void)why;
	return true;
}

static bool list(struct store *store, struct store_file *directory,
		 bool (*visit)(void *context, const char *name, struct cordon_error *why), void *context,
		 struct cordon_error *why)
{
	(void)store;
	return directory->depth >= deep.depth || visit(context, "d", why);
}

/* -- the journal --------------------------------------------------------------------------------------------------- */

static int find(const char *name)
{
	for (int i = 0; i < JOURNAL_MAX; i++)
		if (deep.journal[i].bytes && strcmp(deep.journal[i].name, name) == 0)
			return i;
	return -1;
}

static bool drop(struct store *store, const char *name, struct cordon_error *why)
{
	int i = find(name);
	(void)store, (void)why;
	if (i >= 0) {
		free(deep.journal[i].bytes);
		deep.journal[i].bytes = NULL;
	}
	return true;
}

static bool put(struct store *store, const char *name, const char *bytes, size_t length, struct cordon_error *why)
{
	int i = 0;
	assert_true(drop(store, name, why));
	while (deep.journal[i].bytes)
		assert_true(++i < JOURNAL_MAX);
	assert_true(strlen(name) < sizeof deep.journal[i].name);
	strcpy(deep.journal[i].name, name);
	deep.journal[i].bytes = malloc(length + 1);
	assert_non_null(deep.journal[i].bytes);
	memcpy(deep.journal[i].bytes, bytes, length);
	deep.journal[i].length = length;
	return true;
}

static bool get(struct store *store, const char *name, struct text *ret_bytes, struct cordon_error *why)
{
	int i = find(name);
	(void)store, (void)why;
	assert_true(i >= 0);
	text_add_bytes(ret_bytes, deep.journal[i].bytes, deep.journal[i].length);
	return true;
}

static bool names(struct store *store, bool (*visit)(void *context, const char *name, struct cordon_error *why),
		  void *context, struct cordon_error *why)
{
	(void)store;
	for (int i = 0; i < JOURNAL_MAX; i++)
		if (deep.journal[i].bytes && !visit(context, deep.journal[i].name, why))
			return false;
	return true;
}

static unsigned count_journal(void)
{
	unsigned count = 0;
	for (int i = 0; i < JOURNAL_MAX; i++)
		count += deep.journal[i].bytes != NULL;
	return count;
}

/* -- the plan ------------------------------------------------------------------------------------------------------ */

static struct windows_sid whoever(const void *context, struct sid sid)
{
	static const uint8_t capability[] = { 1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 0, 0, 0 };
	(void)context, (void)sid;
	return (struct windows_sid){ capability, sizeof capability };
}

static bool is_nobodys(const void *context, struct windows_sid sid)
{
	(void)context, (void)sid;
	return false;
}

static struct windows_entry grants[] = { { false, { SID_CAPABILITY, 0 }, RIGHTS_MODIFY, REACH_TREE, "" } };
static struct windows_root root = { .path = (char *)(uintptr_t) "C:\\w" };
static struct windows_object object = { .path = (char *)(uintptr_t) "C:\\w",
					.type = PATH_DIRECTORY,
					.entries = { grants, 1, 1 } };
static const struct plan_windows windows = { .roots = { &root, 1, 1 }, .objects = { &object, 1, 1 } };
static const struct who who = { whoever, is_nobodys, NULL };
static const struct descriptors descriptors = { .store = &deep.store, .who = &who };

static int set_up(void **state)
{
	(void)state;
	memset(&deep, 0, sizeof deep);
	err = (struct cordon_error)CORDON_ERROR_INIT;
	deep.store = (struct store){ .open = open_path,
				     .open_in = open_in,
				     .close = close_file,
				     .tell = tell,
				     .read = read_file,
				     .write = write_file,
				     .list = list,
				     .put = put,
				     .get = get,
				     .drop = drop,
				     .names = names };
	return 0;
}

static void root__that_is_too_deep_is_refused_and_left_as_it_was(void **state)
{
	(void)state;
	deep.depth = DEEP;
	assert_false(descriptors_apply(&descriptors, &windows, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "'C:\\w' has more than 512 directories in each other"));
	assert_null(strstr(err.text, "not changed back"));
	assert_int_equal(count_journal(), 0);
}

/* What a run makes in its root keeps nobody from taking off what was put on there. */
static void root__that_became_too_deep_is_forgotten(void **state)
{
	(void)state;
	size_t count;
	deep.depth = 3;
	assert_true(descriptors_apply(&descriptors, &windows, &err));
	assert_true(count_journal() > 0);
	deep.depth = DEEP;
	if (!descriptors_forget(&descriptors, "C:\\w", &count, &err))
		fail_msg("%s", err.text);
	assert_int_equal(count, 1);
	assert_int_equal(count_journal(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(root__that_is_too_deep_is_refused_and_left_as_it_was, set_up),
		cmocka_unit_test_setup(root__that_became_too_deep_is_forgotten, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
