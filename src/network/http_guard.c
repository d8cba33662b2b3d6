/* What passes on a connection of requests: each head is looked at, each body counted. */
#include "network/http.h"

#include <string.h>

enum state {
	IN_HEAD,
	IN_BODY,
	IN_CHUNK_SIZE,
	IN_CHUNK, /* left: with the CR LF behind it */
	IN_TRAILER,
	AT_END,  /* no request may follow */
	WAITING, /* for the server's word on an upgrade */
	OPEN,
};

enum { CHUNK_LINE_MAX = 32 };

void http_guard_begin(struct http_guard *guard, const struct target *target)
{
	*guard = (struct http_guard){ .target = *target, .state = IN_HEAD };
}

static int state_of_body(const struct http_request *request, uint64_t *ret_left)
{
	*ret_left = request->body == HTTP_LENGTH ? request->body_length : 0;
	if (request->body == HTTP_CHUNKED)
		return IN_CHUNK_SIZE;
	return *ret_left ? IN_BODY : IN_HEAD;
}

void http_guard_begin_body(struct http_guard *guard, const struct http_request *request)
{
	*guard = (struct http_guard){ .target = request->target, .has_begun = true };
	guard->state = state_of_body(request, &guard->left);
	guard->target.port = 0; /* names nothing: no head passes */
	if (guard->state == IN_HEAD)
		guard->state = AT_END;
}

static int after_body(const struct http_guard *guard)
{
	return guard->target.port ? IN_HEAD : AT_END;
}

/* Does the request go to the host that the connection was made to? */
static bool is_meant(const struct http_guard *guard, const struct http_request *request)
{
	const struct target *target = &guard->target;
	if (request->form == HTTP_AUTHORITY)
		return false;
	if (request->form == HTTP_ABSOLUTE &&
	    (!host_equals(&request->target.host, &target->host) || request->target.port != target->port))
		return false;
	/* some clients leave the port out, whatever it is */
	return request->has_host && host_equals(&request->host.host, &target->host) &&
	       (request->host.port == target->port || request->host.port == 80);
}

static bool has_body(const struct http_request *request)
{
	return request->body == HTTP_CHUNKED || (request->body == HTTP_LENGTH && request->body_length > 0);
}

static enum reading pass_head(struct http_guard *guard, const char *bytes, size_t length, size_t *ret_passed)
{
	struct http_request request;
	enum reading reading = http_read_request(bytes, length, &request);
	*ret_passed = 0;
	if (reading != READING_DONE)
		return reading;
	if (!is_meant(guard, &request) || (request.wants_upgrade && has_body(&request)))
		return READING_BAD;
	*ret_passed = request.length;
	guard->state = state_of_body(&request, &guard->left);
	if (request.wants_upgrade && !guard->has_begun)
		guard->state = WAITING;
	guard->may_open = request.wants_websocket;
	guard->has_begun = true;
	return READING_DONE;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The length of the line with its end; 0: it is not all there. */
static size_t line_length(const char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);
	return end ? (size_t)(end - bytes) + 1 : 0;
}

/* Extensions (RFC 9112 §7.1.1) are for nobody, and readers disagree about them. */
static enum reading pass_chunk_size(struct http_guard *guard, const char *bytes, size_t length, size_t *ret_passed)
{
	size_t line = line_length(bytes, length > CHUNK_LINE_MAX ? CHUNK_LINE_MAX : length);
	*ret_passed = 0;
	if (line == 0)
		return length >= CHUNK_LINE_MAX ? READING_BAD : READING_MORE;
	if (line < 3 || bytes[line - 2] != '\r' || line - 2 > 15)
		return READING_BAD;
	uint64_t size = 0;
	for (size_t i = 0; i < line - 2; i++) {
		if (hex(bytes[i]) < 0)
			return READING_BAD;
		size = size << 4 | (uint64_t)hex(bytes[i]);
	}
	*ret_passed = line;
	guard->state = size ? IN_CHUNK : IN_TRAILER;
	guard->left = size + 2;
	return READING_DONE;
}

/* Fields behind a body are of no use to a client, and could name another host to a careless server. */
static enum reading pass_trailer(struct http_guard *guard, const char *bytes, size_t length, size_t *ret_passed)
{
	*ret_passed = 0;
	if (length > 0 && bytes[0] != '\r')
		return READING_BAD;
	if (length < 2)
		return READING_MORE;
	if (bytes[1] != '\n')
		return READING_BAD;
	*ret_passed = 2;
	guard->state = after_body(guard);
	return READING_DONE;
}

static enum reading pass_counted(struct http_guard *guard, const char *bytes, size_t length, size_t *ret_passed)
{
	uint64_t taken = length < guard->left ? length : guard->left;
	if (guard->state == IN_CHUNK) {
		/* the last two are the line end */
		for (uint64_t i = guard->left > 2 ? guard->left - 2 : 0; i < taken; i++)
			if (bytes[i] != (guard->left - i == 2 ? '\r' : '\n'))
				return READING_BAD;
	}
	*ret_passed = (size_t)taken;
	guard->left -= taken;
	if (guard->left == 0)
		guard->state = guard->state == IN_CHUNK ? IN_CHUNK_SIZE : after_body(guard);
	return READING_DONE;
}

static enum reading pass_some(struct http_guard *guard, const char *bytes, size_t length, size_t *ret_passed)
{
	*ret_passed = 0;
	switch (guard->state) {
	case IN_HEAD:
		return pass_head(guard, bytes, length, ret_passed);
	case IN_BODY:
	case IN_CHUNK:
		return pass_counted(guard, bytes, length, ret_passed);
	case IN_CHUNK_SIZE:
		return pass_chunk_size(guard, bytes, length, ret_passed);
	case IN_TRAILER:
		return pass_trailer(guard, bytes, length, ret_passed);
	case WAITING:
		return READING_MORE;
	default:
		return READING_BAD;
	}
}

enum reading http_guard_pass(struct http_guard *guard, const char *bytes, size_t length, size_t *ret_passed)
{
	size_t passed = 0;
	enum reading reading = READING_DONE;
	while (reading == READING_DONE && passed < length && guard->state != OPEN) {
		size_t some = 0;
		reading = pass_some(guard, bytes + passed, length - passed, &some);
		passed += some;
	}
	*ret_passed = passed;
	if (guard->state == OPEN)
		return READING_DONE;
	return reading == READING_BAD ? READING_BAD : READING_MORE;
}

bool http_guard_waits(const struct http_guard *guard)
{
	return guard->state == WAITING;
}

void http_guard_hear(struct http_guard *guard, const char *bytes, size_t length)
{
	static const char switching[] = "HTTP/1.1 101";
	if (guard->state != WAITING)
		return;
	while (length-- > 0 && guard->heard_count < sizeof guard->heard)
		guard->heard[guard->heard_count++] = *bytes++;
	if (guard->heard_count == sizeof guard->heard)
		guard->state = memcmp(guard->heard, switching, sizeof guard->heard) != 0 ? IN_HEAD
			       : guard->may_open                                         ? OPEN
											 : AT_END;
}
