/* The head of a request. */
#include "network/http.h"

#include <string.h>
#include <strings.h>

enum { METHOD_MAX = 20 };

struct span {
	const char *bytes;
	size_t length;
};

bool http_is_token(char c)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	return is_letter || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_visible(char c)
{
	return c > ' ' && c < 0x7f;
}

static bool equals(struct span span, const char *text)
{
	return span.length == strlen(text) && strncasecmp(span.bytes, text, span.length) == 0;
}

/* -- lines -------------------------------------------------------------------------------------------------------- */

/* The next line without its end. A control character but tab, or half a line end, is BAD. */
static enum reading read_line(const char *bytes, size_t length, size_t *at, struct span *ret_line)
{
	for (size_t i = *at; i < length; i++) {
		char c = bytes[i];
		if (c == '\r') {
			if (i + 1 == length)
				return READING_MORE;
			if (bytes[i + 1] != '\n')
				return READING_BAD;
			*ret_line = (struct span){ bytes + *at, i - *at };
			*at = i + 2;
			return READING_DONE;
		}
		if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f)
			return READING_BAD;
	}
	return READING_MORE;
}

/* -- the request line --------------------------------------------------------------------------------------------- */

/* "http://host[:port]/path" (RFC 9112 §3.2.2); other schemes are not asked of a proxy this way. */
static bool read_absolute(struct span target, const char *head, struct http_request *request)
{
	static const char scheme[] = "http://";
	const size_t skipped = sizeof scheme - 1;
	if (target.length <= skipped || strncasecmp(target.bytes, scheme, skipped) != 0)
		return false;
	size_t end = skipped;
	while (end < target.length && target.bytes[end] != '/' && target.bytes[end] != '?')
		end++;
	request->form = HTTP_ABSOLUTE;
	request->path = (size_t)(target.bytes - head) + end;
	request->path_length = target.length - end;
	return target_read(target.bytes + skipped, end - skipped, 80, &request->target);
}

static bool read_target(struct span method, struct span target, const char *head, struct http_request *request)
{
	bool is_connect = method.length == 7 && memcmp(method.bytes, "CONNECT", 7) == 0;
	for (size_t i = 0; i < target.length; i++)
		if (!is_visible(target.bytes[i]) || target.bytes[i] == '#')
			return false;
	if (is_connect) {
		request->form = HTTP_AUTHORITY;
		return target_read(target.bytes, target.length, 0, &request->target);
	}
	request->form = HTTP_ORIGIN;
	request->path = (size_t)(target.bytes - head);
	request->path_length = target.length;
	if (target.length > 0 && target.bytes[0] == '/')
		return true;
	return equals(target, "*") || read_absolute(target, head, request);
}

/* METHOD SP TARGET SP "HTTP/1." DIGIT */
static bool read_request_line(struct span line, const char *head, struct http_request *request, bool *ret_is_old)
{
	static const char version[] = " HTTP/1.";
	size_t method = 0;
	while (method < line.length && method < METHOD_MAX && http_is_token(line.bytes[method]))
		method++;
	if (method == 0 || method == line.length || line.bytes[method] != ' ')
		return false;
	size_t tail = sizeof version; /* with the digit */
	if (line.length < method + 1 + tail)
		return false;
	const char *end = line.bytes + line.length - tail;
	char digit = end[tail - 1];
	if (memcmp(end, version, tail - 1) != 0 || (digit != '0' && digit != '1'))
		return false;
	struct span target = { line.bytes + method + 1, line.length - method - 1 - tail };
	*ret_is_old = digit == '0';
	request->method_length = method;
	request->is_trace = equals((struct span){ line.bytes, method }, "TRACE");
	return read_target((struct span){ line.bytes, method }, target, head, request);
}

/* -- headers ------------------------------------------------------------------------------------------------------ */

static bool split_header(struct span line, struct span *ret_name, struct span *ret_value)
{
	size_t name = 0;
	while (name < line.length && http_is_token(line.bytes[name]))
		name++;
	if (name == 0 || name == line.length || line.bytes[name] != ':')
		return false;
	*ret_name = (struct span){ line.bytes, name };
	const char *start = line.bytes + name + 1, *end = line.bytes + line.length;
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*ret_value = (struct span){ start, (size_t)(end - start) };
	return true;
}

static bool read_length(struct span value, uint64_t *ret_length)
{
	uint64_t length = 0;
	if (value.length == 0 || value.length > 18)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] < '0' || value.bytes[i] > '9')
			return false;
		length = length * 10 + (uint64_t)(value.bytes[i] - '0');
	}
	*ret_length = length;
	return true;
}

/* False when the header makes the request one that can be read in two ways. */
static bool take_header(struct span name, struct span value, const char *head, bool is_old,
			struct http_request *request)
{
	if (equals(name, "Proxy-Authorization")) {
		if (request->authorization_length > 0 || value.length == 0)
			return false;
		request->authorization = (size_t)(value.bytes - head);
		request->authorization_length = value.length;
	}
	if (equals(name, "Host")) {
		if (request->has_host)
			return false;
		request->has_host = true;
		return target_read(value.bytes, value.length, 80, &request->host);
	}
	if (equals(name, "Content-Length")) {
		if (request->body != HTTP_NO_BODY)
			return false;
		request->body = HTTP_LENGTH;
		return read_length(value, &request->body_length);
	}
	if (equals(name, "Transfer-Encoding")) {
		if (request->body != HTTP_NO_BODY || is_old || !equals(value, "chunked"))
			return false;
		request->body = HTTP_CHUNKED;
	}
	if (equals(name, "Upgrade")) {
		request->wants_websocket = !request->wants_upgrade && equals(value, "websocket");
		request->wants_upgrade = true;
	}
	return true;
}

enum reading http_read_request(const char *bytes, size_t length, struct http_request *ret_request)
{
	struct http_request request = { 0 };
	struct span line, name, value;
	bool is_old = false, is_first = true;
	size_t at = 0;
	if (length > HTTP_HEAD_SIZE)
		length = HTTP_HEAD_SIZE;
	for (;;) {
		enum reading reading = read_line(bytes, length, &at, &line);
		if (reading == READING_MORE && length == HTTP_HEAD_SIZE)
			return READING_BAD;
		if (reading != READING_DONE)
			return reading;
		if (is_first && !read_request_line(line, bytes, &request, &is_old))
			return READING_BAD;
		if (!is_first && line.length == 0)
			break;
		if (!is_first &&
		    (!split_header(line, &name, &value) || !take_header(name, value, bytes, is_old, &request)))
			return READING_BAD;
		is_first = false;
	}
	if (!request.has_host && !is_old)
		return READING_BAD;
	if (request.form == HTTP_AUTHORITY && request.body != HTTP_NO_BODY)
		return READING_BAD;
	request.length = at;
	*ret_request = request;
	return READING_DONE;
}

/* -- for the server ----------------------------------------------------------------------------------------------- */

struct output {
	char *bytes;
	size_t length, room;
	bool is_full;
};

static void add(struct output *output, const char *bytes, size_t length)
{
	if (length > output->room - output->length) {
		output->is_full = true;
		return;
	}
	memcpy(output->bytes + output->length, bytes, length);
	output->length += length;
}

static void add_text(struct output *output, const char *text)
{
	add(output, text, strlen(text));
}

/* Those of one hop, and what http_write_request says itself. */
static bool is_left_out(struct span name)
{
	static const char *const names[] = { "Host",       "Connection", "Proxy-Connection", "Proxy-Authorization",
					     "Keep-Alive", "Upgrade" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (equals(name, names[i]))
			return true;
	return false;
}

size_t http_write_request(const char *bytes, const struct http_request *request, const char *credentials,
			  char *ret_bytes, size_t room)
{
	struct output output = { ret_bytes, 0, room, false };
	char host[HOST_TEXT_SIZE];
	struct span line, name, value;
	size_t at = 0;
	uint16_t port = request->target.port == 80 ? 0 : request->target.port;

	host_show(&request->target.host, port, host);
	add(&output, bytes, request->method_length);
	add_text(&output, " ");
	if (credentials) {
		add_text(&output, "http://");
		add_text(&output, host);
	}
	if (request->path_length == 0 || bytes[request->path] != '/')
		add_text(&output, "/");
	add(&output, bytes + request->path, request->path_length);
	add_text(&output, " HTTP/1.1\r\nHost: ");
	add_text(&output, host);
	add_text(&output, "\r\nConnection: close\r\n");
	if (credentials && *credentials) {
		add_text(&output, "Proxy-Authorization: Basic ");
		add_text(&output, credentials);
		add_text(&output, "\r\n");
	}
	if (read_line(bytes, request->length, &at, &line) != READING_DONE)
		return 0;
	while (read_line(bytes, request->length, &at, &line) == READING_DONE && line.length > 0) {
		if (!split_header(line, &name, &value) || is_left_out(name))
			continue;
		add(&output, line.bytes, line.length);
		add_text(&output, "\r\n");
	}
	add_text(&output, "\r\n");
	return output.is_full ? 0 : output.length;
}
