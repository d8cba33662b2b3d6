#include "network/tls.h"

#include <string.h>

enum { RECORD_FIRST = 20, RECORD_HANDSHAKE = 22, RECORD_LAST = 24 };
enum { CLIENT_HELLO = 1, RECORD_MAX = 16384 };
enum { EXTENSION_NAME = 0, EXTENSION_ENCRYPTED_NAME = 0xffce };

/* Walks over the handshake's bytes, from record to record. Once it has failed every read gives 0. */
struct cursor {
	const uint8_t *bytes;
	size_t length, at;
	size_t record;      /* left of this record */
	size_t message;     /* left of the handshake message, once its length is known */
	enum reading state; /* DONE while all is well */
};

static void fail(struct cursor *cursor, enum reading how)
{
	if (cursor->state == READING_DONE)
		cursor->state = how;
}

/* An empty record could come for ever. */
static bool enter_record(struct cursor *cursor)
{
	const uint8_t *header = cursor->bytes + cursor->at;
	size_t left = cursor->length - cursor->at;
	if ((left > 0 && header[0] != RECORD_HANDSHAKE) || (left > 1 && header[1] != 3)) {
		fail(cursor, READING_BAD);
		return false;
	}
	if (left < 5) {
		fail(cursor, READING_MORE);
		return false;
	}
	cursor->record = (size_t)header[3] << 8 | header[4];
	cursor->at += 5;
	if (cursor->record == 0 || cursor->record > RECORD_MAX)
		fail(cursor, READING_BAD);
	return cursor->state == READING_DONE;
}

static unsigned read_8(struct cursor *cursor)
{
	if (cursor->state != READING_DONE)
		return 0;
	if (cursor->message == 0) { /* what the message says is longer than it */
		fail(cursor, READING_BAD);
		return 0;
	}
	if (cursor->record == 0 && !enter_record(cursor))
		return 0;
	if (cursor->at == cursor->length) {
		fail(cursor, READING_MORE);
		return 0;
	}
	cursor->record--;
	cursor->message--;
	return cursor->bytes[cursor->at++];
}

static unsigned read_16(struct cursor *cursor)
{
	unsigned high = read_8(cursor);
	return high << 8 | read_8(cursor);
}

static void skip(struct cursor *cursor, size_t count)
{
	while (count > 0 && cursor->state == READING_DONE) {
		read_8(cursor);
		count--;
	}
}

/* The list holds one name of a host, whole. */
static void read_server_name(struct cursor *cursor, size_t length, struct tls_hello *hello)
{
	char name[HOST_NAME_SIZE];
	size_t list = read_16(cursor);
	unsigned type = read_8(cursor);
	size_t size = read_16(cursor);
	if (cursor->state != READING_DONE)
		return;
	if (hello->has_name || list + 2 != length || type != 0 || size + 3 != list || size > HOST_NAME_LENGTH) {
		fail(cursor, READING_BAD);
		return;
	}
	for (size_t i = 0; i < size; i++)
		name[i] = (char)read_8(cursor);
	if (cursor->state != READING_DONE)
		return;
	hello->has_name = true;
	if (!host_read_name(name, size, hello->host.name))
		fail(cursor, READING_BAD);
}

static void read_extensions(struct cursor *cursor, struct tls_hello *hello)
{
	size_t left = read_16(cursor);
	if (cursor->state == READING_DONE && left != cursor->message)
		fail(cursor, READING_BAD);
	while (cursor->message > 0 && cursor->state == READING_DONE) {
		unsigned type = read_16(cursor);
		size_t length = read_16(cursor);
		if (cursor->state == READING_DONE && (length > cursor->message || type == EXTENSION_ENCRYPTED_NAME))
			fail(cursor, READING_BAD);
		if (type == EXTENSION_NAME)
			read_server_name(cursor, length, hello);
		else
			skip(cursor, length);
	}
}

/* Go's server passes over alerts in front of the ClientHello, and who knows which over what else. */
enum reading tls_begins(const uint8_t *bytes, size_t length)
{
	if (length == 0)
		return READING_MORE;
	if (bytes[0] == RECORD_HANDSHAKE)
		return READING_DONE;
	if (bytes[0] < RECORD_FIRST || bytes[0] > RECORD_LAST)
		return READING_BAD;
	if (length == 1)
		return READING_MORE;
	return bytes[1] == 3 ? READING_DONE : READING_BAD;
}

enum reading tls_read_hello(const uint8_t *bytes, size_t length, struct tls_hello *ret_hello)
{
	struct tls_hello hello = { 0 };
	struct cursor cursor = { bytes, length, 0, 0, 4, READING_DONE };
	unsigned type = read_8(&cursor);
	size_t message = (size_t)read_8(&cursor) << 16;
	message |= read_16(&cursor);
	if (cursor.at > 5 && type != CLIENT_HELLO)
		return READING_BAD;
	if (cursor.state == READING_DONE && message > TLS_HELLO_SIZE)
		return READING_BAD;
	cursor.message = message;
	skip(&cursor, 2 + 32);           /* version, random */
	skip(&cursor, read_8(&cursor));  /* session */
	skip(&cursor, read_16(&cursor)); /* ciphers */
	skip(&cursor, read_8(&cursor));  /* compressions */
	if (cursor.state == READING_DONE && cursor.message > 0)
		read_extensions(&cursor, &hello);
	if (cursor.state == READING_MORE && length >= TLS_HELLO_SIZE)
		return READING_BAD;
	/* A key change follows it, so nothing else may stand in its record (RFC 8446 §5.1). */
	if (cursor.state == READING_DONE && cursor.record > 0)
		return READING_BAD;
	if (cursor.state == READING_DONE)
		*ret_hello = hello;
	return cursor.state;
}
