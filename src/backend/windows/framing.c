#include "backend/windows/framing.h"

#include <string.h>

#include "base/scope.h"
#include "base/wide.h"

enum { ROLES_MAX = 512, REPLY_MAX = 1024, SID_MIN = 8, STREAMS = 3 };

enum {
	FLAG_PRIVILEGES = 1,
	FLAG_ADMINISTRATORS = 2,
	FLAG_WRITE_RESTRICTED = 4,
	FLAG_CONSOLE = 8,
	FLAG_SEEN = 16,
	FLAGS_ALL = 31,
};

static size_t most_of(unsigned kind)
{
	switch (kind) {
	case FRAME_START:
	case FRAME_RETURN:
	case FRAME_CLEAN:
		return FRAME_MAX;
	case FRAME_REACH:
	case FRAME_PROXY:
	case FRAME_RESIZE:
	case FRAME_STARTED:
	case FRAME_FAILED:
	case FRAME_REACHED:
		return REPLY_MAX;
	default:
		return 0;
	}
}

static bool is_kind(unsigned kind)
{
	return (kind >= FRAME_START && kind <= FRAME_CLOSE) || (kind >= FRAME_STARTED && kind <= FRAME_REACHED);
}

static uint32_t number_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

enum frame_reading frame_read(const uint8_t *bytes, size_t length, struct frame *ret_frame, size_t *ret_needed)
{
	if ((length > 0 && bytes[0] != FRAME_VERSION) || (length > 1 && !is_kind(bytes[1])))
		return FRAME_WRONG;
	*ret_needed = FRAME_HEAD;
	if (length < FRAME_HEAD)
		return FRAME_MORE;
	size_t claimed = number_at(bytes + 2);
	if (claimed > most_of(bytes[1]))
		return FRAME_WRONG;
	*ret_needed = FRAME_HEAD + claimed;
	if (length < *ret_needed)
		return FRAME_MORE;
	*ret_frame = (struct frame){ (enum frame_kind)bytes[1], bytes + FRAME_HEAD, claimed };
	return FRAME_WHOLE;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void add_number(struct text *text, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		text_add_char(text, (char)(number >> 8 * i));
}

static void add_long(struct text *text, uint64_t number)
{
	add_number(text, (uint32_t)number);
	add_number(text, (uint32_t)(number >> 32));
}

static void add_bytes(struct text *text, const void *bytes, size_t length)
{
	add_number(text, (uint32_t)length);
	text_add_bytes(text, bytes, length);
}

static void add_string(struct text *text, const char *string)
{
	add_bytes(text, string, strlen(string));
}

static void add_strings(struct text *text, char *const *strings)
{
	uint32_t count = 0;
	while (strings[count])
		count++;
	add_number(text, count);
	for (uint32_t i = 0; i < count; i++)
		add_string(text, strings[i]);
}

static void add_roles(struct text *text, const struct frame_roles *roles)
{
	add_number(text, (uint32_t)roles->count);
	for (size_t i = 0; i < roles->count; i++) {
		add_number(text, roles->items[i].role);
		add_number(text, roles->items[i].root);
	}
}

static void add_sid(struct text *text, struct windows_sid sid)
{
	add_bytes(text, sid.bytes ? (const void *)sid.bytes : "", sid.bytes ? sid.length : 0);
}

static bool finish(enum frame_kind kind, const struct text *content, struct text *text, struct cordon_error *err)
{
	if (!text_ok(content))
		return cordon_fail_memory(err);
	if (content->length > most_of(kind))
		return cordon_fail(err, CORDON_BAD_USAGE,
				   "the command, its arguments and its environment are longer than %u bytes",
				   (unsigned)most_of(kind));
	text_add_char(text, FRAME_VERSION);
	text_add_char(text, (char)kind);
	add_number(text, (uint32_t)content->length);
	text_add_bytes(text, text_str(content), content->length);
	return text_ok(text) || cordon_fail_memory(err);
}

/* What was written is what will be read: the reader has the last word on what goes. */
static bool check_start(const struct text *content, struct cordon_error *err)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	const struct frame frame = { FRAME_START, (const uint8_t *)text_str(content), content->length };
	struct frame_start read;
	return !text_ok(content) || content->length > FRAME_MAX || frame_read_start(&frame, &arena, &read, err);
}

bool frame_write_start(const struct frame_start *start, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	add_number(&content, (start->drops_privileges ? FLAG_PRIVILEGES : 0) |
				     (start->drops_administrators ? FLAG_ADMINISTRATORS : 0) |
				     (start->is_write_restricted ? FLAG_WRITE_RESTRICTED : 0) |
				     (start->has_console ? FLAG_CONSOLE : 0) |
				     (start->console.is_seen ? FLAG_SEEN : 0));
	add_number(&content, start->integrity);
	add_long(&content, start->mitigations);
	for (int i = 0; i < STREAMS; i++)
		add_long(&content, start->streams[i]);
	add_long(&content, start->console.reads);
	add_long(&content, start->console.writes);
	add_number(&content, start->console.rows);
	add_number(&content, start->console.columns);
	add_roles(&content, &start->restricting);
	add_roles(&content, &start->denying_only);
	add_roles(&content, &start->default_grants);
	add_sid(&content, start->account);
	add_sid(&content, start->run);
	add_number(&content, (uint32_t)start->capability_count);
	for (size_t i = 0; i < start->capability_count; i++)
		add_sid(&content, start->capabilities[i]);
	add_string(&content, start->program);
	add_string(&content, start->directory);
	add_strings(&content, start->argv);
	add_strings(&content, start->environment);
	return check_start(&content, err) && finish(FRAME_START, &content, text, err);
}

bool frame_write_return(const struct frame_return *order, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct frame_return read;
	add_sid(&content, order->user);
	add_number(&content, (uint32_t)order->place_count);
	for (size_t i = 0; i < order->place_count; i++) {
		add_string(&content, order->places[i].path);
		add_long(&content, order->places[i].device);
		add_long(&content, order->places[i].inode);
	}
	const struct frame frame = { FRAME_RETURN, (const uint8_t *)text_str(&content), content.length };
	return (!text_ok(&content) || content.length > FRAME_MAX || frame_read_return(&frame, &arena, &read, err)) &&
	       finish(FRAME_RETURN, &content, text, err);
}

bool frame_write_clean(const struct frame_clean *order, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct frame_clean read;
	add_sid(&content, order->user);
	add_string(&content, order->profile);
	const struct frame frame = { FRAME_CLEAN, (const uint8_t *)text_str(&content), content.length };
	return (!text_ok(&content) || content.length > FRAME_MAX || frame_read_clean(&frame, &arena, &read, err)) &&
	       finish(FRAME_CLEAN, &content, text, err);
}

bool frame_write_reach(const struct frame_reach *order, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	struct frame_reach read;
	add_number(&content, order->port);
	add_number(&content, order->port_6);
	const struct frame frame = { FRAME_REACH, (const uint8_t *)text_str(&content), content.length };
	return (!text_ok(&content) || frame_read_reach(&frame, &read, err)) && finish(FRAME_REACH, &content, text, err);
}

bool frame_write_proxy(const struct frame_proxy *order, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct frame_proxy read;
	add_sid(&content, order->user);
	add_number(&content, order->port);
	const struct frame frame = { FRAME_PROXY, (const uint8_t *)text_str(&content), content.length };
	return (!text_ok(&content) || frame_read_proxy(&frame, &arena, &read, err)) &&
	       finish(FRAME_PROXY, &content, text, err);
}

bool frame_write_resize(const struct frame_resize *order, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	struct frame_resize read;
	add_number(&content, order->rows);
	add_number(&content, order->columns);
	const struct frame frame = { FRAME_RESIZE, (const uint8_t *)text_str(&content), content.length };
	return (!text_ok(&content) || frame_read_resize(&frame, &read, err)) &&
	       finish(FRAME_RESIZE, &content, text, err);
}

bool frame_write_close(struct text *text, struct cordon_error *err)
{
	const struct text nothing = { 0 };
	return finish(FRAME_CLOSE, &nothing, text, err);
}

bool frame_write_reached(const struct frame_reached *reached, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	for (int i = 0; i < WAY_COUNT; i++)
		add_number(&content, reached->codes[i]);
	return finish(FRAME_REACHED, &content, text, err);
}

bool frame_write_started(const struct frame_started *started, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	if (!started->process || !started->thread || !started->token)
		return cordon_fail(err, CORDON_BAD_USAGE, "a handle is missing");
	add_long(&content, started->process);
	add_long(&content, started->thread);
	add_long(&content, started->token);
	return finish(FRAME_STARTED, &content, text, err);
}

bool frame_write_done(struct text *text, struct cordon_error *err)
{
	const struct text nothing = { 0 };
	return finish(FRAME_DONE, &nothing, text, err);
}

static bool may_be_told(uint32_t status)
{
	return status == CORDON_NOT_FOUND || status == CORDON_NOT_EXECUTABLE || status == CORDON_UNSUPPORTED ||
	       status == CORDON_OS_FAILED;
}

/* Half a pair, which names of Windows may hold and no other text. */
static bool is_surrogate(const char *at)
{
	return (unsigned char)at[0] == 0xed && (unsigned char)at[1] >= 0xa0;
}

static bool is_printable(const char *words, size_t length)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	uint16_t *wide = NULL;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)words[i] < ' ' || words[i] == 0x7f || is_surrogate(words + i))
			return false;
	bool is_utf8 = wide_make(words, &wide, &ignored);
	free(wide);
	return is_utf8;
}

bool frame_write_failed(const struct cordon_error *why, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	char words[FRAME_WORDS_MAX + 1] = { 0 };
	size_t length = strlen(why->text);
	if (length > FRAME_WORDS_MAX)
		length = FRAME_WORDS_MAX;
	/* Not in the middle of a character. */
	while (length > 0 && length < strlen(why->text) && ((unsigned char)why->text[length] & 0xc0) == 0x80)
		length--;
	for (size_t i = 0; i < length; i++) {
		bool is_control = (unsigned char)why->text[i] < ' ' || why->text[i] == 0x7f;
		words[i] = is_control ? ' ' : why->text[i];
	}
	uint32_t status = (uint32_t)why->status;
	add_number(&content, may_be_told(status) ? status : CORDON_OS_FAILED);
	add_number(&content, (uint32_t)why->os_code);
	add_string(&content, length > 0 && is_printable(words, length) ? words : "no reason was given");
	return finish(FRAME_FAILED, &content, text, err);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

struct reader {
	const uint8_t *at;
	size_t left;
	const char *wrong; /* the first that was; NULL: nothing */
	struct arena *arena;
};

static void *give_up(struct reader *reader, const char *wrong)
{
	if (!reader->wrong)
		reader->wrong = wrong;
	reader->left = 0;
	return NULL;
}

static const uint8_t *take(struct reader *reader, size_t length)
{
	const uint8_t *taken = reader->at;
	if (reader->wrong || reader->left < length)
		return give_up(reader, "it is cut off");
	reader->at += length;
	reader->left -= length;
	return taken;
}

static uint32_t take_number(struct reader *reader)
{
	const uint8_t *bytes = take(reader, 4);
	return bytes ? number_at(bytes) : 0;
}

static uint64_t take_long(struct reader *reader)
{
	uint64_t low = take_number(reader);
	return low | (uint64_t)take_number(reader) << 32;
}

/* A number of things, each of at least `size` bytes: never more than can follow. */
static size_t take_count(struct reader *reader, size_t most, size_t size)
{
	size_t count = take_number(reader);
	if (count > most || count > reader->left / size)
		give_up(reader, "it claims more than it holds");
	return reader->wrong ? 0 : count;
}

static void *take_room(struct reader *reader, size_t count, size_t size)
{
	void *room = reader->wrong ? NULL : arena_take(reader->arena, count * size);
	return room ? room : give_up(reader, "memory is short");
}

static char *take_string(struct reader *reader)
{
	size_t length = take_number(reader);
	const uint8_t *bytes = take(reader, length);
	if (!bytes)
		return NULL;
	if (memchr(bytes, 0, length))
		return give_up(reader, "a text has a zero in it");
	char *copy = arena_copy(reader->arena, (const char *)bytes, length);
	return copy ? copy : give_up(reader, "memory is short");
}

static char *take_words(struct reader *reader)
{
	char *words = take_string(reader);
	return !words || *words ? words : give_up(reader, "a text is empty");
}

static char **take_strings(struct reader *reader)
{
	size_t count = take_count(reader, FRAME_TEXTS_MAX, 4);
	char **strings = take_room(reader, count + 1, sizeof *strings);
	for (size_t i = 0; strings && i < count; i++)
		strings[i] = take_string(reader);
	return strings;
}

static struct frame_roles take_roles(struct reader *reader)
{
	struct frame_roles roles = { .count = take_count(reader, ROLES_MAX, 8) };
	roles.items = take_room(reader, roles.count + 1, sizeof *roles.items);
	for (size_t i = 0; roles.items && i < roles.count; i++) {
		roles.items[i].role = take_number(reader);
		roles.items[i].root = take_number(reader);
	}
	return roles;
}

/* Nothing but one identifier, whole. */
static struct windows_sid take_sid(struct reader *reader)
{
	size_t length = take_number(reader);
	const uint8_t *bytes = take(reader, length);
	struct windows_sid none = { 0 };
	if (!bytes)
		return none;
	struct windows_sid sid = windows_sid_read(bytes, length);
	if (!sid.bytes || sid.length != length) {
		give_up(reader, "an identity is none");
		return none;
	}
	const void *copy = arena_copy(reader->arena, (const char *)bytes, length);
	if (!copy)
		give_up(reader, "memory is short");
	return (struct windows_sid){ copy, (uint16_t)length };
}

static bool end(const struct frame *frame, struct reader *reader, enum frame_kind kind, struct cordon_error *err)
{
	if (frame->kind != kind)
		reader->wrong = "it is of another kind";
	else if (!reader->wrong && reader->left > 0)
		reader->wrong = "it goes on behind its end";
	return !reader->wrong ||
	       cordon_fail(err, CORDON_BAD_USAGE, "a message of the runner's is wrong: %s", reader->wrong);
}

static bool is_side(uint32_t side)
{
	return side > 0 && side <= FRAME_SIDE_MAX;
}

/* Whole or not at all. */
static struct frame_console take_console(struct reader *reader, uint32_t flags)
{
	struct frame_console console = { .is_seen = flags & FLAG_SEEN };
	console.reads = take_long(reader);
	console.writes = take_long(reader);
	console.rows = take_number(reader);
	console.columns = take_number(reader);
	bool is_none = !console.reads && !console.writes && !console.rows && !console.columns && !console.is_seen;
	bool is_whole = console.reads && console.writes && is_side(console.rows) && is_side(console.columns);
	if (!is_none && (!is_whole || flags & FLAG_CONSOLE))
		give_up(reader, "its console is none");
	return console;
}

bool frame_read_start(const struct frame *frame, struct arena *arena, struct frame_start *ret_start,
		      struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, arena };
	struct frame_start start = { 0 };
	uint32_t flags = take_number(&reader);
	if (flags & ~(uint32_t)FLAGS_ALL)
		give_up(&reader, "it has a flag that is not known");
	start.drops_privileges = flags & FLAG_PRIVILEGES;
	start.drops_administrators = flags & FLAG_ADMINISTRATORS;
	start.is_write_restricted = flags & FLAG_WRITE_RESTRICTED;
	start.has_console = flags & FLAG_CONSOLE;
	start.integrity = take_number(&reader);
	start.mitigations = take_long(&reader);
	for (int i = 0; i < STREAMS; i++)
		start.streams[i] = take_long(&reader);
	start.console = take_console(&reader, flags);
	start.restricting = take_roles(&reader);
	start.denying_only = take_roles(&reader);
	start.default_grants = take_roles(&reader);
	start.account = take_sid(&reader);
	start.run = take_sid(&reader);
	start.capability_count = take_count(&reader, FRAME_SIDS_MAX, 4 + SID_MIN);
	start.capabilities = take_room(&reader, start.capability_count + 1, sizeof *start.capabilities);
	for (size_t i = 0; start.capabilities && i < start.capability_count; i++)
		start.capabilities[i] = take_sid(&reader);
	start.program = take_words(&reader);
	start.directory = take_words(&reader);
	start.argv = take_strings(&reader);
	if (start.argv && !start.argv[0])
		give_up(&reader, "it names no command");
	start.environment = take_strings(&reader);
	if (!end(frame, &reader, FRAME_START, err))
		return false;
	*ret_start = start;
	return true;
}

bool frame_read_return(const struct frame *frame, struct arena *arena, struct frame_return *ret_order,
		       struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, arena };
	struct frame_return order = { .user = take_sid(&reader) };
	order.place_count = take_count(&reader, FRAME_SIDS_MAX, 4 + 16);
	order.places = take_room(&reader, order.place_count + 1, sizeof *order.places);
	for (size_t i = 0; order.places && i < order.place_count; i++) {
		order.places[i].path = take_words(&reader);
		order.places[i].device = take_long(&reader);
		order.places[i].inode = take_long(&reader);
	}
	if (!end(frame, &reader, FRAME_RETURN, err))
		return false;
	*ret_order = order;
	return true;
}

bool frame_read_clean(const struct frame *frame, struct arena *arena, struct frame_clean *ret_order,
		      struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, arena };
	struct frame_clean order = { .user = take_sid(&reader) };
	order.profile = take_words(&reader);
	if (!end(frame, &reader, FRAME_CLEAN, err))
		return false;
	*ret_order = order;
	return true;
}

bool frame_read_reach(const struct frame *frame, struct frame_reach *ret_order, struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, NULL };
	struct frame_reach order = { 0 };
	order.port = take_number(&reader);
	order.port_6 = take_number(&reader);
	if (order.port == 0 || order.port > UINT16_MAX || order.port_6 > UINT16_MAX)
		give_up(&reader, "a port is none");
	if (!end(frame, &reader, FRAME_REACH, err))
		return false;
	*ret_order = order;
	return true;
}

bool frame_read_proxy(const struct frame *frame, struct arena *arena, struct frame_proxy *ret_order,
		      struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, arena };
	struct frame_proxy order = { .user = take_sid(&reader) };
	order.port = take_number(&reader);
	if (order.port == 0 || order.port > UINT16_MAX)
		give_up(&reader, "a port is none");
	if (!end(frame, &reader, FRAME_PROXY, err))
		return false;
	*ret_order = order;
	return true;
}

bool frame_read_resize(const struct frame *frame, struct frame_resize *ret_order, struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, NULL };
	struct frame_resize order = { 0 };
	order.rows = take_number(&reader);
	order.columns = take_number(&reader);
	if (!is_side(order.rows) || !is_side(order.columns))
		give_up(&reader, "a size is none");
	if (!end(frame, &reader, FRAME_RESIZE, err))
		return false;
	*ret_order = order;
	return true;
}

bool frame_read_reached(const struct frame *frame, struct frame_reached *ret_reached, struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, NULL };
	struct frame_reached reached = { 0 };
	for (int i = 0; i < WAY_COUNT; i++)
		reached.codes[i] = take_number(&reader);
	if (!end(frame, &reader, FRAME_REACHED, err))
		return false;
	*ret_reached = reached;
	return true;
}

bool frame_read_started(const struct frame *frame, struct frame_started *ret_started, struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, NULL };
	struct frame_started started = { 0 };
	started.process = take_long(&reader);
	started.thread = take_long(&reader);
	started.token = take_long(&reader);
	if (!started.process || !started.thread || !started.token)
		give_up(&reader, "a handle is missing");
	if (!end(frame, &reader, FRAME_STARTED, err))
		return false;
	*ret_started = started;
	return true;
}

bool frame_read_failed(const struct frame *frame, struct arena *arena, struct frame_failed *ret_failed,
		       struct cordon_error *err)
{
	struct reader reader = { frame->bytes, frame->length, NULL, arena };
	struct frame_failed failed = { 0 };
	failed.status = take_number(&reader);
	failed.os_code = take_number(&reader);
	failed.text = take_words(&reader);
	if (!may_be_told(failed.status))
		give_up(&reader, "it fails for a reason that there is not");
	if (failed.text && (strlen(failed.text) > FRAME_WORDS_MAX || !is_printable(failed.text, strlen(failed.text))))
		give_up(&reader, "its reason cannot be printed");
	if (!end(frame, &reader, FRAME_FAILED, err))
		return false;
	*ret_failed = failed;
	return true;
}
