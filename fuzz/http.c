/* Requests: however they are cut, the same passes; nothing passes that a careless reader takes for another host; and
 * what is written for a server reads as what was asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "network/http.h"

/* A reader that takes any line end and any space: each line that it could take for a Host says the one that is meant.
 */
static void check_hosts(const char *bytes, size_t length)
{
	static const char wanted[] = "a.example", with_port[] = "a.example:80";
	for (size_t at = 0; at + 5 <= length; at++) {
		bool is_start = at == 0 || bytes[at - 1] == '\n' || bytes[at - 1] == '\r';
		if (!is_start || strncasecmp(bytes + at, "host:", 5) != 0)
			continue;
		size_t from = at + 5, to;
		while (from < length && (bytes[from] == ' ' || bytes[from] == '\t'))
			from++;
		to = from;
		while (to < length && bytes[to] != '\r' && bytes[to] != '\n' && bytes[to] != ' ' && bytes[to] != '\t')
			to++;
		bool is_meant = (to - from == sizeof wanted - 1 && strncasecmp(bytes + from, wanted, to - from) == 0) ||
				(to - from == sizeof with_port - 1 &&
				 strncasecmp(bytes + from, with_port, to - from) == 0);
		FUZZ_CHECK(is_meant);
	}
}

static void check_written(const char *bytes, const struct http_request *request)
{
	static char written[2 * HTTP_HEAD_SIZE];
	struct http_request again;
	size_t length = http_write_request(bytes, request, "bWU6", written, sizeof written);
	FUZZ_CHECK(length > 0);
	if (http_read_request(written, length, &again) == READING_DONE)
		FUZZ_CHECK(again.form == HTTP_ABSOLUTE && host_equals(&again.target.host, &request->target.host) &&
			   again.target.port == request->target.port && again.path_length > 0);
	length = http_write_request(bytes, request, NULL, written, sizeof written);
	FUZZ_CHECK(length > 0);
	enum reading reading = http_read_request(written, length, &again);
	FUZZ_CHECK(reading == READING_DONE || length > HTTP_HEAD_SIZE);
	if (reading != READING_DONE)
		return;
	FUZZ_CHECK(again.form == HTTP_ORIGIN && again.length == length && !again.wants_upgrade);
	FUZZ_CHECK(host_equals(&again.host.host, &request->target.host) && again.host.port == request->target.port);
	FUZZ_CHECK(again.body == request->body && again.body_length == request->body_length);
}

static void check_guard(const char *bytes, size_t length)
{
	struct target target;
	struct http_guard whole, pieces;
	size_t passed, from = 0, some;
	FUZZ_CHECK(target_read("a.example:80", 12, 0, &target));
	/* what a server takes for a request is not let by as another protocol */
	struct http_opening opening = { 0 };
	enum reading begins = http_opening_read(&opening, bytes, length);
	struct http_request request;
	FUZZ_CHECK(http_read_request(bytes, length, &request) != READING_DONE || begins == READING_DONE);
	http_guard_begin(&whole, &target);
	enum reading reading = http_guard_pass(&whole, bytes, length, &passed);
	FUZZ_CHECK(passed <= length && reading != READING_DONE);

	http_guard_begin(&pieces, &target);
	enum reading word = READING_MORE;
	for (size_t end = 0; end <= length && word == READING_MORE; end++) {
		bool is_head = pieces.state == 0;
		word = http_guard_pass(&pieces, bytes + from, end - from, &some);
		FUZZ_CHECK(some <= end - from);
		if (is_head && some)
			check_hosts(bytes + from, some);
		from += some;
	}
	/* of a chunk that ends wrongly more is gone already when it is not read at once */
	FUZZ_CHECK(word == reading && (from == passed || (word == READING_BAD && from > passed)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	/* as strings that end where the bytes do: whoever reads on is caught */
	char *bytes = malloc(length ? length : 1);
	struct http_request request, part;
	if (!bytes)
		return 0;
	memcpy(bytes, data, length);
	if (http_read_request(bytes, length, &request) == READING_DONE) {
		FUZZ_CHECK(request.length <= length && request.length > 0);
		for (size_t less = 0; less < request.length; less++)
			FUZZ_CHECK(http_read_request(bytes, less, &part) == READING_MORE);
		if (request.form == HTTP_ABSOLUTE)
			check_written(bytes, &request);
	}
	check_guard(bytes, length);
	free(bytes);
	return 0;
}
