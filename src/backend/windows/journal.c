#include "backend/windows/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"

/* Far from what has more digits: such a file would not be found again. */
enum { NAME_SIZE = 40, NUMBER_DIGITS = 8, NUMBER_MAX = 90000000, CHECK_SIZE = 8 };

static const char beside_prefix[] = "cordon-";

static const char object_mark[] = "cordon object 2\n";
static const char below_mark[] = "cordon below 1\n";

void journal_free(struct journal *journal)
{
	arena_free(&journal->arena);
	*journal = (struct journal){ 0 };
}

/* -- bytes --------------------------------------------------------------------------------------------------------- */

/* FNV-1a: against half-written files, not against people. */
static uint64_t checksum(const char *bytes, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static void add_number(struct text *text, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		text_add_char(text, (char)(number >> 8 * i));
}

static void add_bytes(struct text *text, const void *bytes, size_t length)
{
	add_number(text, length);
	text_add_bytes(text, bytes ? bytes : "", length);
}

static bool put(struct store *store, const char *name, struct text *text, struct cordon_error *err)
{
	uint64_t check = checksum(text_str(text), text->length);
	add_number(text, check);
	return text_ok(text) ? store->put(store, name, text_str(text), text->length, err) : cordon_fail_memory(err);
}

struct reader {
	const char *at;
	size_t left;
	bool is_damaged;
	struct arena *arena;
};

static uint64_t take_number(struct reader *reader)
{
	uint64_t number = 0;
	reader->is_damaged |= reader->left < 8;
	for (int i = 0; i < 8 && !reader->is_damaged; i++)
		number |= (uint64_t)(unsigned char)reader->at[i] << 8 * i;
	if (!reader->is_damaged) {
		reader->at += 8;
		reader->left -= 8;
	}
	return number;
}

/* The arena's, with a zero behind; NULL where it is damaged, or memory is short. */
static char *take_bytes(struct reader *reader, size_t *ret_length)
{
	uint64_t length = take_number(reader);
	reader->is_damaged |= length > reader->left;
	char *taken = reader->is_damaged ? NULL : arena_copy(reader->arena, reader->at, (size_t)length);
	reader->is_damaged |= !taken;
	*ret_length = taken ? (size_t)length : 0;
	if (taken) {
		reader->at += length;
		reader->left -= (size_t)length;
	}
	return taken;
}

static struct journal_descriptor take_descriptor(struct reader *reader)
{
	struct journal_descriptor taken;
	taken.bytes = (const uint8_t *)take_bytes(reader, &taken.length);
	if (taken.length == 0)
		taken.bytes = NULL;
	return taken;
}

static bool begin(const struct text *text, const char *mark, struct arena *arena, struct reader *ret_reader)
{
	size_t length = strlen(mark);
	struct reader check = { text_str(text), text->length, false, arena };
	if (text->length < length + CHECK_SIZE || memcmp(check.at, mark, length) != 0)
		return false;
	struct reader reader = { check.at + length, text->length - length - CHECK_SIZE, false, arena };
	check.at += text->length - CHECK_SIZE;
	check.left = CHECK_SIZE;
	*ret_reader = reader;
	return take_number(&check) == checksum(text_str(text), text->length - CHECK_SIZE);
}

/* -- putting ------------------------------------------------------------------------------------------------------- */

bool journal_put_object(struct store *store, const struct journal_object *object, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	char name[NAME_SIZE];
	snprintf(name, sizeof name, "%08u-object", object->number);
	text_add(&text, object_mark);
	add_bytes(&text, object->path, strlen(object->path));
	add_bytes(&text, object->beside, strlen(object->beside));
	add_number(&text, object->device);
	add_number(&text, object->inode);
	add_number(&text, (uint64_t)object->is_directory | (uint64_t)object->was_made << 1 |
				  (uint64_t)object->reaches_below << 2);
	add_bytes(&text, object->old.bytes, object->old.length);
	add_bytes(&text, object->made.bytes, object->made.length);
	return put(store, name, &text, err);
}

bool journal_put_below(struct store *store, uint32_t number, uint32_t part, const struct journal_below *items,
		       size_t count, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	char name[NAME_SIZE];
	snprintf(name, sizeof name, "%08u-below-%u", number, part);
	text_add(&text, below_mark);
	add_number(&text, count);
	for (size_t i = 0; i < count; i++) {
		add_bytes(&text, items[i].path, strlen(items[i].path));
		add_bytes(&text, items[i].old.bytes, items[i].old.length);
		add_bytes(&text, items[i].made.bytes, items[i].made.length);
	}
	return put(store, name, &text, err);
}

bool journal_put_done(struct store *store, uint32_t number, struct cordon_error *err)
{
	char name[NAME_SIZE];
	snprintf(name, sizeof name, "%08u-done", number);
	return store->put(store, name, "", 0, err);
}

bool journal_drop_done(struct store *store, uint32_t number, struct cordon_error *err)
{
	char name[NAME_SIZE];
	snprintf(name, sizeof name, "%08u-done", number);
	return store->drop(store, name, err);
}

/* -- loading ------------------------------------------------------------------------------------------------------- */

struct loading {
	struct arena arena;
	struct {
		char **items;
		size_t count, room;
	} names;
};

static void loading_free(struct loading *loading)
{
	arena_free(&loading->arena);
}

static bool note_name(void *context, const char *name, struct cordon_error *err)
{
	struct loading *loading = context;
	char **noted = LIST_ADD_IN(&loading->arena, &loading->names);
	if (noted)
		*noted = arena_copy(&loading->arena, name, strlen(name));
	return (noted && *noted) || cordon_fail_memory(err);
}

/* The number that the name begins with, and what follows it; NULL: it is no file of the journal. */
static const char *split(const char *name, uint32_t *ret_number)
{
	if (strspn(name, "0123456789") != NUMBER_DIGITS || name[NUMBER_DIGITS] != '-')
		return NULL;
	*ret_number = (uint32_t)strtoul(name, NULL, 10);
	return name + NUMBER_DIGITS + 1;
}

static struct journal_object *find_object(struct journal *journal, uint32_t number)
{
	for (size_t i = 0; i < journal->objects.count; i++)
		if (journal->objects.items[i].number == number)
			return &journal->objects.items[i];
	return NULL;
}

static bool damaged(const char *name, struct cordon_error *err)
{
	return cordon_fail(
		err, CORDON_OS_FAILED,
		"the journal of changed descriptors is damaged ('%s'): what it speaks of is not known, and is "
		"left as it is; without that file, in %%LOCALAPPDATA%%\\cordon\\descriptors, cordon goes on",
		name);
}

void journal_name_beside(uint64_t chance, char ret_name[JOURNAL_BESIDE_SIZE])
{
	snprintf(ret_name, JOURNAL_BESIDE_SIZE, "%s%016llx", beside_prefix, (unsigned long long)chance);
}

/* What is removed for its name has one that only cordon gives. */
static bool is_beside(const char *name)
{
	size_t prefix = sizeof beside_prefix - 1;
	return strlen(name) == JOURNAL_BESIDE_SIZE - 1 && strncmp(name, beside_prefix, prefix) == 0 &&
	       strspn(name + prefix, "0123456789abcdef") == strlen(name) - prefix;
}

/* On a drive of this host: to look at another host's tells that one who the user is. */
static bool is_on_drive(const char *path)
{
	char letter = (char)(path[0] | 0x20);
	return letter >= 'a' && letter <= 'z' && path[1] == ':' && path[2] == '\\';
}

/* A text without zeros. */
static char *take_text(struct reader *reader)
{
	size_t length;
	char *taken = take_bytes(reader, &length);
	reader->is_damaged |= taken && strlen(taken) != length;
	return taken;
}

static bool load_object(struct store *store, const char *name, uint32_t number, struct journal *journal,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct journal_object read = { .number = number };
	struct reader reader;
	if (!store->get(store, name, &text, err))
		return false;
	if (!begin(&text, object_mark, &journal->arena, &reader))
		return damaged(name, err);
	read.path = take_text(&reader);
	read.beside = take_text(&reader);
	read.device = take_number(&reader);
	read.inode = take_number(&reader);
	uint64_t flags = take_number(&reader);
	read.is_directory = flags & 1;
	read.was_made = flags & 2;
	read.reaches_below = flags & 4;
	read.old = take_descriptor(&reader);
	read.made = take_descriptor(&reader);
	if (reader.is_damaged || reader.left > 0 || !is_on_drive(read.path) ||
	    !(read.was_made ? is_beside(read.beside) : !read.beside[0]))
		return damaged(name, err);
	struct journal_object *object = LIST_ADD_IN(&journal->arena, &journal->objects);
	if (!object)
		return cordon_fail_memory(err);
	*object = read;
	return true;
}

static bool load_below(struct store *store, const char *name, uint32_t number, struct journal *journal,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct reader reader;
	if (!store->get(store, name, &text, err))
		return false;
	if (!begin(&text, below_mark, &journal->arena, &reader))
		return damaged(name, err);
	for (uint64_t left = take_number(&reader); left > 0 && !reader.is_damaged; left--) {
		struct journal_below *below = LIST_ADD_IN(&journal->arena, &journal->below);
		if (!below)
			return cordon_fail_memory(err);
		below->number = number;
		below->path = take_text(&reader);
		below->old = take_descriptor(&reader);
		below->made = take_descriptor(&reader);
	}
	return (!reader.is_damaged && reader.left == 0) || damaged(name, err);
}

static int compare_objects(const void *a, const void *b)
{
	const struct journal_object *one = a, *other = b;
	return one->number < other->number ? -1 : one->number > other->number;
}

static int compare_below(const void *a, const void *b)
{
	const struct journal_below *one = a, *other = b;
	if (one->number != other->number)
		return one->number < other->number ? -1 : 1;
	return strcmp(one->path, other->path);
}

const struct journal_below *journal_find_below(const struct journal *journal, uint32_t number, const char *path)
{
	const struct journal_below wanted = { .number = number, .path = path };
	return journal->below.count == 0
		       ? NULL
		       : bsearch(&wanted, journal->below.items, journal->below.count, sizeof wanted, compare_below);
}

static bool load(struct store *store, const struct loading *loading, struct journal *journal, struct cordon_error *err)
{
	uint32_t number;
	journal->next = 1;
	for (size_t i = 0; i < loading->names.count; i++) {
		const char *name = loading->names.items[i], *kind = split(name, &number);
		if (kind && number >= NUMBER_MAX)
			return damaged(name, err);
		if (kind && number >= journal->next)
			journal->next = number + 1;
		if (kind && strcmp(kind, "object") == 0 && !load_object(store, name, number, journal, err))
			return false;
	}
	for (size_t i = 0; i < loading->names.count; i++) {
		const char *name = loading->names.items[i], *kind = split(name, &number);
		struct journal_object *object = kind ? find_object(journal, number) : NULL;
		if (!kind || strcmp(kind, "object") == 0)
			continue;
		bool is_below = strncmp(kind, "below-", 6) == 0 && !kind[6 + strspn(kind + 6, "0123456789")];
		if (object && strcmp(kind, "done") == 0)
			object->is_done = true;
		else if (object && is_below ? !load_below(store, name, number, journal, err)
					    : !store->drop(store, name, err))
			return false;
	}
	if (journal->objects.count > 0)
		qsort(journal->objects.items, journal->objects.count, sizeof *journal->objects.items, compare_objects);
	if (journal->below.count > 0)
		qsort(journal->below.items, journal->below.count, sizeof *journal->below.items, compare_below);
	return true;
}

bool journal_load(struct store *store, struct journal *ret_journal, struct cordon_error *err)
{
	CORDON_ON_EXIT(loading_free) struct loading loading = { 0 };
	CORDON_ON_EXIT(journal_free) struct journal journal = { 0 };
	if (!store->names(store, note_name, &loading, err) || !load(store, &loading, &journal, err))
		return false;
	*ret_journal = journal;
	journal = (struct journal){ 0 };
	return true;
}

/* -- dropping ------------------------------------------------------------------------------------------------------ */

bool journal_drop(struct store *store, uint32_t number, struct cordon_error *err)
{
	CORDON_ON_EXIT(loading_free) struct loading loading = { 0 };
	char name[NAME_SIZE];
	uint32_t other;
	snprintf(name, sizeof name, "%08u-object", number);
	if (!store->drop(store, name, err) || !store->names(store, note_name, &loading, err))
		return false;
	for (size_t i = 0; i < loading.names.count; i++)
		if (split(loading.names.items[i], &other) && other == number &&
		    !store->drop(store, loading.names.items[i], err))
			return false;
	return true;
}
