#include <stdbool.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "os/windows/windows.h"
#include "scratch.h"

#include <sddl.h>

/* -- spelling ------------------------------------------------------------------------------------------------------ */

static void absolute__is_what_win32_would_open(void **state)
{
	(void)state;
	const struct {
		const char *given, *expected;
	} cases[] = {
		{ "a", in_scratch("a") },
		{ "a\\..\\b/c", in_scratch("b\\c") },
		{ "a.", in_scratch("a") },
		{ "a ", in_scratch("a") },
		{ "C:/x//y/.", "C:\\x\\y" },
		{ "C:\\..\\..\\x", "C:\\x" },
		{ "C:\\x\\", "C:\\x\\" },
		{ "\\\\?\\C:\\x", "C:\\x" },
		{ "\\\\server\\share\\x\\..\\y", "\\\\server\\share\\y" },
		{ "//server/share/x", "\\\\server\\share\\x" },
		{ "c:\\x", "c:\\x" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(free_text) char *path = NULL;
		struct cordon_error err = CORDON_ERROR_INIT;
		if (!os_absolute(cases[i].given, &path, &err))
			fail_msg("'%s': %s", cases[i].given, err.text);
		assert_string_equal(path, cases[i].expected);
	}
}

/* None of these is a file that a rule could be about. */
static void absolute__refuses_devices_streams_and_lies(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"",
		"nul",
		"C:\\x\\CON",
		"com1",
		"a\\aux.txt\\b",
		"ab:stream",
		"C:\\a::$DATA",
		"\\\\.\\C:",
		"\\\\.\\pipe\\x",
		"\\\\?\\GLOBALROOT\\Device\\x",
		"\\\\?\\C:\\x.",
		"\\\\?\\C:\\x\\..\\y",
		"\\\\?\\UNC\\s\\h\\x",
		"\\\\?\\Volume{0}\\x",
		"a\\b?",
		"a<",
		"a\xff",
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *path = NULL;
		struct cordon_error err = CORDON_ERROR_INIT;
		if (os_absolute(cases[i], &path, &err))
			fail_msg("'%s' was taken for '%s'", cases[i], path);
		assert_true(err.text[0]);
	}
}

static void below__knows_no_case_and_whole_names_only(void **state)
{
	(void)state;
	assert_true(os_lies_below("C:\\A\\b", "c:\\a"));
	assert_true(os_lies_below("C:\\A", "C:\\a"));
	assert_true(os_lies_below("C:\\a", "C:\\"));
	assert_true(os_lies_below("C:\\\xc3\x84\\x", "C:\\\xc3\xa4"));
	assert_false(os_lies_below("C:\\ab", "C:\\a"));
	assert_false(os_lies_below("D:\\a", "C:\\"));
	assert_string_equal(os_name("C:\\a/b"), "b");
}

/* -- landing ------------------------------------------------------------------------------------------------------- */

static char *landing_of(const char *path, enum path_type *ret_type)
{
	char *landing = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!os_find_landing(path, &landing, ret_type, &err))
		fail_msg("'%s': %s", path, err.text);
	return landing;
}

static void expect_landing(const char *path, const char *expected, enum path_type type)
{
	enum path_type found;
	CORDON_ON_EXIT(free_text) char *landing = landing_of(path, &found);
	assert_string_equal(landing, expected);
	assert_int_equal(found, type);
}

/* Two spellings of one file are one file. */
static void landing__is_spelt_as_on_disk(void **state)
{
	(void)state;
	WCHAR wide[300], narrow[300];
	make_directory(in_scratch("Long Folder Name"));
	write_file(in_scratch("Long Folder Name\\Some File.Text"), "x");
	expect_landing(in_scratch("LONG folder NAME\\some FILE.text"), in_scratch("Long Folder Name\\Some File.Text"),
		       PATH_FILE);
	expect_landing("long folder name/../LONG FOLDER NAME", in_scratch("Long Folder Name"), PATH_DIRECTORY);
	/* The short name, whatever this system calls it. */
	mbstowcs(wide, in_scratch("Long Folder Name"), 299);
	DWORD length = GetShortPathNameW(wide, narrow, 300);
	if (length > 0 && wcscmp(wide, narrow) != 0) {
		char narrow_text[300];
		wcstombs(narrow_text, narrow, 299);
		expect_landing(narrow_text, in_scratch("Long Folder Name"), PATH_DIRECTORY);
	}
}

static void landing__of_what_is_missing_keeps_its_end_as_written(void **state)
{
	(void)state;
	make_directory(in_scratch("Here"));
	write_file(in_scratch("Here\\file"), "x");
	expect_landing(in_scratch("HERE\\Not\\There"), in_scratch("Here\\Not\\There"), PATH_MISSING);
	expect_landing(in_scratch("here\\FILE\\below"), in_scratch("Here\\file\\below"), PATH_MISSING);
	assert_false(os_exists(in_scratch("Here\\no")));
	assert_true(os_exists(in_scratch("here\\FILE")));
	expect_landing("c:\\", "C:\\", PATH_DIRECTORY);
}

/* Wine makes no links, but follows those of the system below it: tools/check-wine has laid some. */
static void landing__goes_through_links(void **state)
{
	const char *links = getenv("CORDON_TEST_LINKS");
	char target[300];
	(void)state;
	if (!links) {
		print_message("no links were laid (CORDON_TEST_LINKS)\n");
		skip();
	}
	snprintf(target, sizeof target, "%s\\target\\Inner", links);
	char through[300];
	snprintf(through, sizeof through, "%s\\link\\inner", links);
	expect_landing(through, target, PATH_DIRECTORY);
	snprintf(through, sizeof through, "%s\\LINK\\inner\\none", links);
	snprintf(target, sizeof target, "%s\\target\\Inner\\none", links);
	expect_landing(through, target, PATH_MISSING);
}

/* -- surveys ------------------------------------------------------------------------------------------------------- */

static void survey__knows_the_host(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	make_directory(in_scratch("Work"));
	if (!os_survey_host(in_scratch("WORK"), &facts, &err))
		fail_msg("%s", err.text);
	assert_int_equal(facts->target, TARGET_WINDOWS);
	assert_string_equal(facts->workspace, in_scratch("Work"));
	assert_string_equal(facts->directory, in_scratch("Work"));
	assert_int_equal(strncmp(facts->user_sid, "S-1-5-21-", 9), 0);
	assert_true(facts->processors > 0 && facts->memory > 1 << 20);
	for (char **entry = facts->environment; *entry; entry++)
		assert_true(**entry != '=' && strchr(*entry, '='));
	assert_true(os_lies_below(facts->state, facts->home));
	assert_false(os_survey_host(in_scratch("none"), &facts, &err));
	write_file(in_scratch("plain"), "x");
	assert_false(os_survey_host(in_scratch("plain"), &facts, &err));
}

static void survey__gives_paths_and_what_is_above_them(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	make_directory(in_scratch("Facts"));
	write_file(in_scratch("Facts\\one"), "x");
	assert_true(os_survey_host(in_scratch("Facts"), &facts, &err));
	char one[300], none[300];
	strcpy(one, in_scratch("FACTS\\ONE"));
	strcpy(none, in_scratch("Facts\\none\\deep"));
	char *paths[] = { one, none, "\\", NULL };
	if (!os_survey_paths(facts, paths, &err))
		fail_msg("%s", err.text);
	const struct path_fact *file = facts_find_path(facts, one);
	const struct path_fact *missing = facts_find_path(facts, none);
	const struct path_fact *above = facts_find_path(facts, in_scratch("Facts"));
	const struct path_fact *drive = facts_find_path(facts, "C:\\");
	assert_true(file && missing && above && drive && facts_find_path(facts, "\\"));
	assert_string_equal(file->landing, in_scratch("Facts\\one"));
	assert_int_equal(file->type, PATH_FILE);
	assert_int_equal(file->links, 1);
	assert_true(file->parent_exists);
	assert_true(file->inode != 0 && file->inode != above->inode);
	assert_true(os_has_identity(in_scratch("Facts\\one"), file->device, file->inode));
	assert_false(os_has_identity(in_scratch("Facts"), file->device, file->inode));
	assert_int_equal(missing->type, PATH_MISSING);
	assert_false(missing->parent_exists);
	assert_int_equal(above->type, PATH_DIRECTORY);
	assert_int_equal(drive->type, PATH_DIRECTORY);
}

static void make_secured(const char *path, const char *list)
{
	PSECURITY_DESCRIPTOR descriptor = NULL;
	CORDON_ON_EXIT(free_text) char *text = NULL;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(os_survey_host(scratch, &facts, &err));
	text = text_format("D:P(A;;FA;;;%s)%s", facts->user_sid, list);
	assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor, NULL));
	assert_true(SetFileSecurityA(path, DACL_SECURITY_INFORMATION, descriptor));
	LocalFree(descriptor);
}

/* Wine keeps of a descriptor what Unix modes can say: whether everybody reads. */
static void survey__tells_who_else_reads(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	static const char *const names[] = { "Reach\\open", "Reach\\closed", "Reach\\mixed", "Reach\\none",
					     "Reach\\shut" };
	char kept[COUNT_OF(names)][300];
	char *paths[COUNT_OF(names) + 1] = { 0 };
	make_directory(in_scratch("Reach"));
	write_file(in_scratch("Reach\\open"), "x");
	write_file(in_scratch("Reach\\closed"), "x");
	make_directory(in_scratch("Reach\\mixed"));
	make_directory(in_scratch("Reach\\shut"));
	write_file(in_scratch("Reach\\mixed\\open"), "x");
	write_file(in_scratch("Reach\\shut\\closed"), "x");
	make_secured(in_scratch("Reach\\open"), "(A;;FRFX;;;WD)");
	make_secured(in_scratch("Reach\\closed"), "");
	make_secured(in_scratch("Reach\\mixed\\open"), "(A;;FRFX;;;WD)");
	make_secured(in_scratch("Reach\\shut\\closed"), "");
	make_secured(in_scratch("Reach\\mixed"), "");
	make_secured(in_scratch("Reach\\shut"), "");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		paths[i] = strcpy(kept[i], in_scratch("%s", names[i]));
	assert_true(os_survey_host(scratch, &facts, &err));
	if (!os_survey_paths(facts, paths, &err))
		fail_msg("%s", err.text);
	const struct path_fact *found[COUNT_OF(names)];
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_non_null(found[i] = facts_find_path(facts, paths[i]));
	assert_true(found[0]->others.is_open && !found[0]->others.is_closed);
	assert_true(!found[1]->others.is_open && found[1]->others.is_closed);
	/* Others pass through a directory that they may not list. */
	assert_true(!found[2]->others.is_open && !found[2]->others.is_closed);
	assert_true(!found[3]->others.is_open && !found[3]->others.is_closed);
	assert_true(found[4]->others.is_closed && found[4]->packages.is_closed);
	/* Nothing is granted to packages here. */
	assert_true(!found[0]->packages.is_open && found[0]->packages.is_closed);
	make_secured(in_scratch("Reach"), "");
	CORDON_ON_EXIT(facts_free_at) struct facts *again = NULL;
	assert_true(os_survey_host(scratch, &again, &err) && os_survey_paths(again, paths, &err));
	assert_true(facts_find_path(again, paths[0])->others.is_unlisted);
	assert_false(found[0]->others.is_unlisted);
}

/* What is above a hard-linked file does not tell who else has it. */
static void survey__counts_hard_links(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	make_directory(in_scratch("Linked"));
	write_file(in_scratch("Linked\\a"), "x");
	assert_true(CreateHardLinkA(in_scratch("Linked\\b"), in_scratch("Linked\\a"), NULL));
	assert_true(os_survey_host(in_scratch("Linked"), &facts, &err));
	char *paths[] = { in_scratch("Linked\\a"), in_scratch("Linked\\b"), NULL };
	assert_true(os_survey_paths(facts, paths, &err));
	const struct path_fact *a = facts_find_path(facts, paths[0]), *b = facts_find_path(facts, paths[1]);
	assert_int_equal(a->links, 2);
	assert_true(a->inode == b->inode && a->device == b->device);
}

/* -- walking ------------------------------------------------------------------------------------------------------- */

struct seen {
	unsigned count;
	bool has_deep, has_beyond;
};

static bool see(void *context, const char *path, struct cordon_error *err)
{
	struct seen *seen = context;
	(void)err;
	seen->count++;
	seen->has_deep |= strcmp(os_name(path), "\xe2\x82\xac deep") == 0;
	seen->has_beyond |= strcmp(os_name(path), "Inner") == 0;
	return true;
}

static void walk__sees_all_within_its_bounds(void **state)
{
	(void)state;
	struct seen seen = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	size_t budget = 100;
	make_directory(in_scratch("Walk"));
	make_directory(in_scratch("Walk\\a"));
	write_file(in_scratch("Walk\\a\\b"), "x");
	assert_true(CreateDirectoryW(L"Walk\\a\\\x20ac deep", NULL));
	if (!os_walk(in_scratch("Walk"), &budget, os_clock() + 10000, see, &seen, &err))
		fail_msg("%s", err.text);
	assert_int_equal(seen.count, 3);
	assert_true(seen.has_deep);
	budget = 2;
	assert_false(os_walk(in_scratch("Walk"), &budget, os_clock() + 10000, see, &seen, &err));
	budget = 100;
	assert_false(os_walk(in_scratch("Walk"), &budget, os_clock(), see, &seen, &err));
	assert_false(os_walk(in_scratch("none"), &budget, os_clock() + 10000, see, &seen, &err));
}

static void walk__goes_through_no_link(void **state)
{
	const char *links = getenv("CORDON_TEST_LINKS");
	struct seen seen = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	size_t budget = 100;
	char folder[300];
	(void)state;
	if (!links) {
		print_message("no links were laid (CORDON_TEST_LINKS)\n");
		skip();
	}
	snprintf(folder, sizeof folder, "%s\\linking", links);
	assert_true(os_walk(folder, &budget, os_clock() + 10000, see, &seen, &err));
	assert_int_equal(seen.count, 1);
	assert_false(seen.has_beyond);
}

/* -- files --------------------------------------------------------------------------------------------------------- */

static void files__are_read_whole_or_not(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct text none = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	write_file(in_scratch("twelve"), "twelve bytes");
	assert_true(os_read_file(in_scratch("twelve"), 12, &text, &err));
	assert_string_equal(text_str(&text), "twelve bytes");
	assert_false(os_read_file(in_scratch("twelve"), 11, &none, &err));
	assert_false(os_read_file(scratch, 100, &none, &err));
	assert_non_null(strstr(err.text, "directory"));
	assert_false(os_read_file(in_scratch("no-such"), 100, &none, &err));
	assert_int_equal(err.status, CORDON_OS_FAILED);
	assert_false(os_read_file("NUL", 100, &none, &err));
}

/* Windows' old limit of 260 is not ours. */
static void files__may_lie_deep(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text path = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	text_add(&path, in_scratch("deep"));
	for (int i = 0; i < 12; i++)
		text_addf(&path, "\\%02d-a-folder-with-a-name-of-some-length", i);
	assert_true(path.length > 400);
	if (!os_make_directories(text_str(&path), &err))
		fail_msg("%s", err.text);
	assert_true(os_make_directories(text_str(&path), &err));
	assert_true(os_exists(text_str(&path)));
	/* Wine's GetFinalPathNameByHandle ends at the old limit. */
	if (!is_wine())
		expect_landing(text_str(&path), text_str(&path), PATH_DIRECTORY);
	write_file(in_scratch("in-the-way"), "x");
	assert_false(os_make_directories(in_scratch("in-the-way\\x"), &err));
}

static void expect_content(const char *path, const char *bytes)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!os_read_file(path, 100, &text, &err))
		fail_msg("%s", err.text);
	assert_string_equal(text_str(&text), bytes);
}

static void files__appear_whole_and_go(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!os_write_file(in_scratch("State\\runs"), "one.json", "first", 5, &err))
		fail_msg("%s", err.text);
	expect_content(in_scratch("State\\runs\\one.json"), "first");
	assert_true(os_write_file(in_scratch("State\\runs"), "one.json", "second", 6, &err));
	expect_content(in_scratch("State\\runs\\one.json"), "second");
	assert_false(os_write_file(in_scratch("State\\runs\\one.json"), "x", "", 0, &err));
	/* Nothing is left of what did not get its name. */
	make_directory(in_scratch("State\\runs\\taken"));
	assert_false(os_write_file(in_scratch("State\\runs"), "taken", "x", 1, &err));
	size_t budget = 100;
	struct seen seen = { 0 };
	assert_true(os_walk(in_scratch("State\\runs"), &budget, os_clock() + 10000, see, &seen, &err));
	assert_int_equal(seen.count, 2);
	assert_true(os_remove_file(in_scratch("State\\runs\\one.json"), &err));
	assert_false(os_exists(in_scratch("State\\runs\\one.json")));
	assert_true(os_remove_file(in_scratch("State\\runs\\one.json"), &err));
	assert_false(os_remove_file(in_scratch("State\\runs\\taken"), &err));
}

static void aside__takes_away_what_is_there(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	char place[OS_PLACE_SIZE], folder[300];
	bool was_moved = false;
	make_directory(in_scratch("Repo"));
	make_directory(in_scratch("Repo\\hooks"));
	write_file(in_scratch("Repo\\hooks\\post-commit"), "planted");
	/* As run/ names it: with slashes. */
	snprintf(folder, sizeof folder, "%s/aside/01RUN", in_scratch("State"));
	if (!os_set_aside(in_scratch("Repo\\hooks"), folder, "0-hooks", &was_moved, place, &err))
		fail_msg("%s", err.text);
	assert_true(was_moved);
	assert_string_equal(place, in_scratch("State\\aside\\01RUN\\0-hooks"));
	assert_false(os_exists(in_scratch("Repo\\hooks")));
	expect_content(in_scratch("State\\aside\\01RUN\\0-hooks\\post-commit"), "planted");
	assert_true(os_set_aside(in_scratch("Repo\\hooks"), folder, "1-hooks", &was_moved, place, &err));
	assert_false(was_moved);
	assert_true(os_set_aside(in_scratch("None\\hooks"), folder, "1-hooks", &was_moved, place, &err));
	assert_false(was_moved);
	/* What was set aside before is not lost to the next of that name. */
	make_directory(in_scratch("Repo\\hooks"));
	assert_false(os_set_aside(in_scratch("Repo\\hooks"), folder, "0-hooks", &was_moved, place, &err));
	assert_true(os_exists(in_scratch("Repo\\hooks")));
}

/* A folder above that has become a link leads to what the command chose, not to what was meant. */
static void aside__goes_through_no_link(void **state)
{
	(void)state;
	const char *links = getenv("CORDON_TEST_LINKS");
	struct cordon_error err = CORDON_ERROR_INIT;
	char path[300], place[OS_PLACE_SIZE];
	bool was_moved = true;
	if (!links) {
		print_message("no links were laid (CORDON_TEST_LINKS)\n");
		skip();
	}
	snprintf(path, sizeof path, "%s\\link\\Inner", links);
	assert_true(os_exists(path));
	assert_true(os_set_aside(path, in_scratch("State\\aside\\02RUN"), "x", &was_moved, place, &err));
	assert_false(was_moved);
	assert_true(os_exists(path));
}

/* -- removing ------------------------------------------------------------------------------------------------------ */

enum { DEEP_LEVELS = 28, DEEP_NAME = 120 };

/* A command makes folders in each other until no path of an ordinary length names the last; under Wine as deep as it goes. */
static void make_deep(const char *top)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	uint16_t *path = calloc(DEEP_LEVELS * (DEEP_NAME + 1) + 400, sizeof *path);
	assert_true(path && native_path(top, &native, &err));
	size_t length = wide_length(native);
	memcpy(path, native, length * sizeof *path);
	for (int level = 0; level < DEEP_LEVELS; level++) {
		path[length++] = L'\\';
		for (int i = 0; i < DEEP_NAME; i++)
			path[length++] = (uint16_t)(L'a' + level % 26);
		path[length] = 0;
		assert_true(CreateDirectoryW(path, NULL));
	}
	memcpy(path + length, L"\\x", 3 * sizeof *path);
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
	assert_true(file != INVALID_HANDLE_VALUE);
	free(path);
}

static HANDLE open_to_empty(const char *path)
{
	const ACCESS_MASK access = FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_SUBDIRECTORY | SYNCHRONIZE;
	HANDLE folder = CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
				    FILE_FLAG_BACKUP_SEMANTICS, NULL);
	assert_true(folder != INVALID_HANDLE_VALUE);
	return folder;
}

static void removal__reaches_what_no_path_reaches(void **state)
{
	(void)state;
	const struct removal_wish all = { 0 };
	make_directory(in_scratch("Depths"));
	make_directory(in_scratch("Depths\\beside"));
	write_file(in_scratch("Depths\\beside\\read-only"), "x");
	assert_true(SetFileAttributesA(in_scratch("Depths\\beside\\read-only"), FILE_ATTRIBUTE_READONLY));
	make_deep(in_scratch("Depths"));
	CORDON_ON_EXIT(close_handle) HANDLE folder = open_to_empty(in_scratch("Depths"));
	assert_true(removal_empty(folder, &all));
	assert_int_equal(count_in("Depths\\*"), 0);
}

static bool stays_here(const void *context, const WCHAR *name, bool is_directory)
{
	return is_directory && wcscmp(name, context) == 0;
}

static void removal__leaves_what_is_to_stay_and_tells_what_did_not_go(void **state)
{
	(void)state;
	struct removal_wish wish = { stays_here, L"stays", true };
	make_directory(in_scratch("Kept"));
	make_directory(in_scratch("Kept\\stays"));
	make_directory(in_scratch("Kept\\goes"));
	make_directory(in_scratch("Kept\\goes\\stays"));
	write_file(in_scratch("Kept\\stays\\x"), "x");
	write_file(in_scratch("Kept\\open"), "x");
	CORDON_ON_EXIT(close_handle) HANDLE folder = open_to_empty(in_scratch("Kept"));
	HANDLE file = CreateFileA(in_scratch("Kept\\open"), GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
				  NULL);
	assert_true(file != INVALID_HANDLE_VALUE);
	assert_true(removal_empty(folder, &wish));
	assert_true(os_exists(in_scratch("Kept\\open")));
	wish.leaves_open_files = false;
	assert_false(removal_empty(folder, &wish));
	CloseHandle(file);
	assert_true(removal_empty(folder, &wish));
	assert_false(os_exists(in_scratch("Kept\\open")));
	assert_false(os_exists(in_scratch("Kept\\goes")));
	assert_true(os_exists(in_scratch("Kept\\stays\\x")));
}

static void chance__is_not_the_same_twice(void **state)
{
	(void)state;
	uint64_t a[2] = { 0 }, b[2] = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(os_random(a, sizeof a, &err) && os_random(b, sizeof b, &err));
	assert_memory_not_equal(a, b, sizeof a);
	assert_true(os_time() > UINT64_C(1700000000000));
}

/* -- git ----------------------------------------------------------------------------------------------------------- */

static bool has_value(const struct facts *facts, const char *name, const char *value)
{
	const struct variable *variable = facts_find_variable(facts, name, strlen(name));
	for (size_t i = 0; variable && i < variable->count; i++)
		if (strcmp(variable->values[i], value) == 0)
			return true;
	return false;
}

static void make_repository(const char *name)
{
	make_directory(in_scratch("%s", name));
	make_directory(in_scratch("%s\\objects", name));
	make_directory(in_scratch("%s\\refs", name));
	write_file(in_scratch("%s\\HEAD", name), "ref: refs/heads/main\n");
}

/* What the host's git executes is what its records name, with its slashes. */
static void git__is_read_as_on_linux(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	char text[600];
	make_directory(in_scratch("Checkout"));
	make_repository("Checkout\\.git");
	write_file(in_scratch("Checkout\\.git\\config"), "[core]\n\thooksPath = tools/My-Hooks\n");
	make_directory(in_scratch("Checkout\\tools"));
	make_directory(in_scratch("Checkout\\tools\\my-hooks"));
	make_directory(in_scratch("Checkout\\.git\\worktrees"));
	make_directory(in_scratch("Checkout\\.git\\worktrees\\other"));
	write_file(in_scratch("Checkout\\.git\\worktrees\\other\\commondir"), "../..\n");
	make_directory(in_scratch("Other"));
	snprintf(text, sizeof text, "gitdir: %s\n", in_scratch("Checkout\\.git\\worktrees\\other"));
	for (char *at = text + 7; *at; at++)
		*at = *at == '\\' ? '/' : *at;
	write_file(in_scratch("Other\\.git"), text);
	snprintf(text, sizeof text, "%s\n", in_scratch("Other\\.git"));
	write_file(in_scratch("Checkout\\.git\\worktrees\\other\\gitdir"), text);

	assert_true(os_survey_host(in_scratch("Checkout"), &facts, &err));
	char *roots[] = { in_scratch("Checkout"), in_scratch("Other"), NULL };
	if (!os_survey_git(facts, roots, &err))
		fail_msg("%s", err.text);
	assert_true(has_value(facts, "git", in_scratch("Checkout\\.git")));
	assert_true(has_value(facts, "git", in_scratch("Checkout\\.git\\worktrees\\other")));
	assert_true(has_value(facts, "git_records", in_scratch("Other\\.git")));
	assert_true(has_value(facts, "git_records", in_scratch("Checkout\\.git\\worktrees\\other\\commondir")));
	const struct variable *hooks = facts_find_variable(facts, "git_hooks", 9);
	assert_true(hooks && hooks->count == 2);
	assert_true(os_lies_below(hooks->values[0], in_scratch("Checkout\\tools\\my-hooks")));
	/* In the other checkout the folder is missing: nothing may appear under the first missing name. */
	assert_true(os_lies_below(hooks->values[1], in_scratch("Other\\tools")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absolute__is_what_win32_would_open),
		cmocka_unit_test(absolute__refuses_devices_streams_and_lies),
		cmocka_unit_test(below__knows_no_case_and_whole_names_only),
		cmocka_unit_test(landing__is_spelt_as_on_disk),
		cmocka_unit_test(landing__of_what_is_missing_keeps_its_end_as_written),
		cmocka_unit_test(landing__goes_through_links),
		cmocka_unit_test(survey__knows_the_host),
		cmocka_unit_test(survey__gives_paths_and_what_is_above_them),
		cmocka_unit_test(survey__tells_who_else_reads),
		cmocka_unit_test(survey__counts_hard_links),
		cmocka_unit_test(walk__sees_all_within_its_bounds),
		cmocka_unit_test(walk__goes_through_no_link),
		cmocka_unit_test(files__are_read_whole_or_not),
		cmocka_unit_test(files__may_lie_deep),
		cmocka_unit_test(files__appear_whole_and_go),
		cmocka_unit_test(aside__takes_away_what_is_there),
		cmocka_unit_test(aside__goes_through_no_link),
		cmocka_unit_test(removal__reaches_what_no_path_reaches),
		cmocka_unit_test(removal__leaves_what_is_to_stay_and_tells_what_did_not_go),
		cmocka_unit_test(chance__is_not_the_same_twice),
		cmocka_unit_test(git__is_read_as_on_linux),
	};
	return cmocka_run_group_tests(tests, scratch_setup, NULL);
}
