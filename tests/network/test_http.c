#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "check.h"
#include "network/http.h"

#define BYTES(text) (text), sizeof(text) - 1
#define HOST "Host: a.example\r\n"

static void http__has_one_strict_reading(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		enum reading reading;
		const char *target; /* of the request line */
	} cases[] = {
		{ BYTES("GET / HTTP/1.1\r\n" HOST "\r\n"), READING_DONE, "" },
		{ BYTES("GET / HTTP/1.0\r\n\r\n"), READING_DONE, "" },
		{ BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), READING_DONE, "" },
		{ BYTES("CONNECT A.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"), READING_DONE,
		  "a.example:443" },
		{ BYTES("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"), READING_DONE, "[::1]:443" },
		{ BYTES("GET http://a.example/x HTTP/1.1\r\n" HOST "\r\n"), READING_DONE, "a.example:80" },
		{ BYTES("GET HTTP://a.example:8080?x HTTP/1.1\r\n" HOST "\r\n"), READING_DONE, "a.example:8080" },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"), READING_DONE, "" },
		{ BYTES("GET / HTTP/1.1\r\n" HOST), READING_MORE, NULL },
		{ BYTES("GET / HTTP/1.1\r"), READING_MORE, NULL },
		{ BYTES(""), READING_MORE, NULL },
		/* no host, two hosts, a host that is none */
		{ BYTES("GET / HTTP/1.1\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n" HOST "host: b.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\nHost: a.example b.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\nHost: a.example/\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\nHost: u@a.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), READING_BAD, NULL },
		/* lines that somebody reads as two, or two as one */
		{ BYTES("GET / HTTP/1.1\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n" HOST "X: a\nHost: b.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n" HOST "X: a\rHost: b.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n" HOST "X: a\r\n Host: b.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\nHost : a.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n Host: a.example\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\nHost\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		/* bodies with two lengths */
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), READING_BAD,
		  NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
		  READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1\r\n" HOST
			"Proxy-Authorization: Basic a\r\nProxy-Authorization: Basic b\r\n\r\n"),
		  READING_BAD, NULL },
		/* request lines */
		{ BYTES("GET / HTTP/2.0\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET  / HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET /\tHTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET / x HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET a.example HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET / HTTP/1.1 \r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET\r\n\r\n"), READING_BAD, NULL },
		{ BYTES("GET https://a.example/ HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET http://u:p@a.example/ HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET http://a.example#@b.example/ HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET http:///x HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("GET http://127.1/x HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("CONNECT a.example HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("CONNECT http://a.example:443/ HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("CONNECT a.example\0.b.example:443 HTTP/1.1\r\n" HOST "\r\n"), READING_BAD, NULL },
		{ BYTES("CONNECT a.example:443 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n"), READING_BAD, NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_request request;
		char shown[HOST_TEXT_SIZE] = "";
		enum reading reading = http_read_request(cases[i].bytes, cases[i].length, &request);
		if (reading != cases[i].reading)
			fail_msg("case %zu: %s", i, cases[i].bytes);
		if (reading != READING_DONE)
			continue;
		if (request.target.port)
			host_show(&request.target.host, request.target.port, shown);
		assert_string_equal(shown, cases[i].target);
	}
}

static void http__heads_have_a_bound(void **state)
{
	(void)state;
	static char bytes[HTTP_HEAD_SIZE + 64];
	struct http_request request;
	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, BYTES("GET /"));
	assert_int_equal(http_read_request(bytes, HTTP_HEAD_SIZE - 1, &request), READING_MORE);
	assert_int_equal(http_read_request(bytes, HTTP_HEAD_SIZE, &request), READING_BAD);
	assert_int_equal(http_read_request(bytes, sizeof bytes, &request), READING_BAD);
}

static struct target target_of(const char *text)
{
	struct target target;
	assert_true(target_read(text, strlen(text), 80, &target));
	return target;
}

static void http__finds_the_password_for_the_proxy(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *value;
	} cases[] = {
		{ "CONNECT a.example:443 HTTP/1.1\r\n" HOST "proxy-authorization:  Basic eDp5 \r\n\r\n", "Basic eDp5" },
		{ "GET http://a.example/ HTTP/1.1\r\nProxy-Authorization: x\r\n" HOST "\r\n", "x" },
		{ "GET http://a.example/ HTTP/1.1\r\n" HOST "Authorization: x\r\n\r\n", "" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_request request;
		const char *bytes = cases[i].bytes;
		assert_int_equal(http_read_request(bytes, strlen(bytes), &request), READING_DONE);
		assert_int_equal(request.authorization_length, strlen(cases[i].value));
		assert_memory_equal(bytes + request.authorization, cases[i].value, request.authorization_length);
	}
}

/* Whatever stands on the connection: how many bytes of it reach the server, given at once and byte by byte. */
static void http__guard_passes_what_names_its_host(void **state)
{
	(void)state;
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"
#define EVIL "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n"
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
/* as Java's HttpClient begins */
#define WISH "GET / HTTP/1.1\r\nContent-Length: 0\r\n" HOST "HTTP2-Settings: AAEA\r\nUpgrade: h2c\r\n\r\n"
#define UPGRADE "GET / HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
	static const struct {
		const char *bytes;
		size_t length;
		size_t passed; /* at the end */
		enum reading reading;
	} cases[] = {
		{ BYTES(GET), sizeof GET - 1, READING_MORE },
		{ BYTES(GET GET), 2 * (sizeof GET - 1), READING_MORE },
		{ BYTES("GET / HTTP/1.1\r\nHost: A.EXAMPLE:80\r\n\r\n"), 38, READING_MORE },
		{ BYTES(EVIL), 0, READING_BAD },
		{ BYTES(GET EVIL), sizeof GET - 1, READING_BAD }, /* the second of a kept connection */
		{ BYTES("GET / HTTP/1.1\r\nHost: a.example:81\r\n\r\n"), 0, READING_BAD },
		{ BYTES("GET / HTTP/1.0\r\n\r\n"), 0, READING_BAD },
		{ BYTES("GET http://evil.example/ HTTP/1.1\r\n" HOST "\r\n"), 0, READING_BAD },
		{ BYTES("GET http://a.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 0, READING_BAD },
		{ BYTES("CONNECT evil.example:443 HTTP/1.1\r\n" HOST "\r\n"), 0, READING_BAD },
		{ BYTES("CONNECT a.example:80 HTTP/1.1\r\n" HOST "\r\n"), 0, READING_BAD },
		{ BYTES(POST "12345" GET), sizeof POST + 4 + sizeof GET - 1, READING_MORE },
		{ BYTES(POST "12345" EVIL), sizeof POST + 4, READING_BAD },
		{ BYTES(POST "GET /"), sizeof POST + 4, READING_MORE },
		{ BYTES(CHUNKED "5\r\n12345\r\nA\r\n0123456789\r\n0\r\n\r\n" GET),
		  sizeof CHUNKED - 1 + 10 + 15 + 5 + sizeof GET - 1, READING_MORE },
		{ BYTES(CHUNKED "0\r\n\r\n" EVIL), sizeof CHUNKED - 1 + 5, READING_BAD },
		{ BYTES(CHUNKED "5\r\n12345xx"), sizeof CHUNKED - 1 + 3, READING_BAD },
		{ BYTES(CHUNKED "5;x=y\r\n12345\r\n"), sizeof CHUNKED - 1, READING_BAD },
		{ BYTES(CHUNKED "5 \r\n12345\r\n"), sizeof CHUNKED - 1, READING_BAD },
		{ BYTES(CHUNKED "5\n12345\n"), sizeof CHUNKED - 1, READING_BAD },
		{ BYTES(CHUNKED "-5\r\n"), sizeof CHUNKED - 1, READING_BAD },
		{ BYTES(CHUNKED "\r\n"), sizeof CHUNKED - 1, READING_BAD },
		{ BYTES(CHUNKED "10000000000000005\r\n"), sizeof CHUNKED - 1, READING_BAD },
		{ BYTES(CHUNKED "0\r\nHost: evil.example\r\n\r\n"), sizeof CHUNKED - 1 + 3, READING_BAD },
		{ BYTES("\x16\x03\x01\x02"), 0, READING_BAD },
		{ BYTES("SSH-2.0-OpenSSH\r\n"), 0, READING_BAD },
		{ BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 0, READING_BAD },
		/* nothing follows an upgrade until the server has taken it */
		{ BYTES(UPGRADE EVIL), sizeof UPGRADE - 1, READING_MORE },
		{ BYTES(WISH EVIL), sizeof WISH - 1, READING_MORE },
		{ BYTES(GET UPGRADE EVIL), sizeof GET - 1 + sizeof UPGRADE - 1, READING_BAD },
	};
	const struct target target = target_of("a.example:80");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_guard guard;
		size_t passed;
		http_guard_begin(&guard, &target);
		enum reading reading = http_guard_pass(&guard, cases[i].bytes, cases[i].length, &passed);
		if (passed != cases[i].passed)
			fail_msg("case %zu passed %zu: %s", i, passed, cases[i].bytes);
		if (reading != cases[i].reading)
			fail_msg("case %zu reads %d: %s", i, reading, cases[i].bytes);

		size_t from = 0;
		http_guard_begin(&guard, &target);
		reading = READING_MORE;
		for (size_t end = 1; end <= cases[i].length && reading == READING_MORE; end++) {
			reading = http_guard_pass(&guard, cases[i].bytes + from, end - from, &passed);
			from += passed;
		}
		/* of a body that goes wrong in the middle more may be gone already */
		if (from < cases[i].passed || (from != cases[i].passed && reading != READING_BAD) ||
		    reading != cases[i].reading)
			fail_msg("case %zu byte by byte passed %zu, reads %d", i, from, reading);
	}
}

/* Only the server can make another protocol of the connection, and only with its first word. */
static void http__guard_opens_when_the_server_upgrades(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		enum reading reading;
	} cases[] = {
		{ "HTTP/1.1 101 Switching Protocols\r\n", READING_DONE },
		{ "HTTP/1.1 200 OK\r\n", READING_BAD },
		{ "HTTP/1.1 10", READING_MORE },
		{ "xHTTP/1.1 101", READING_BAD },
	};
	const struct target target = target_of("a.example:80");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_guard guard;
		size_t passed;
		http_guard_begin(&guard, &target);
		assert_int_equal(http_guard_pass(&guard, BYTES(UPGRADE), &passed), READING_MORE);
		assert_true(http_guard_waits(&guard));
		http_guard_hear(&guard, cases[i].answer, strlen(cases[i].answer));
		if (http_guard_pass(&guard, BYTES(EVIL), &passed) != cases[i].reading || passed != 0)
			fail_msg("case %zu", i);
	}
}

/* What HTTP/2 asks for on such a connection nobody looks at, and what a made-up protocol would neither. */
static void http__guard_opens_for_nothing_but_a_websocket(void **state)
{
	(void)state;
	static const char *const wishes[] = { "h2c", "HTTP/2.0", "websocket, h2c", "Websocket\r\nUpgrade: h2c" };
	const struct target target = target_of("a.example:80");
	for (size_t i = 0; i < COUNT_OF(wishes); i++) {
		struct http_guard guard;
		char head[256];
		size_t passed;
		int length = snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST "Upgrade: %s\r\n\r\n", wishes[i]);
		http_guard_begin(&guard, &target);
		assert_int_equal(http_guard_pass(&guard, head, (size_t)length, &passed), READING_MORE);
		http_guard_hear(&guard, "HTTP/1.1 101 Switching", 22);
		if (http_guard_pass(&guard, BYTES("PRI * HTTP/2.0\r\n\r\n"), &passed) != READING_BAD || passed != 0)
			fail_msg("case %zu", i);
	}
}

/* What is left of a proxied request: the server's own form, or another proxy's, one connection for one request. */
static void http__proxied_requests_become_the_servers(void **state)
{
	(void)state;
	static const struct {
		const char *given, *written, *credentials;
	} cases[] = {
		{ "GET http://A.example/x?y HTTP/1.0\r\nAccept: */*\r\n\r\n",
		  "GET /x?y HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nAccept: */*\r\n\r\n", NULL },
		{ "GET http://a.example:8080 HTTP/1.1\r\nHost: evil.example\r\nProxy-Authorization: Basic eDp5\r\n"
		  "Proxy-Connection: keep-alive\r\nConnection: keep-alive\r\nX: 1\r\n\r\n",
		  "GET / HTTP/1.1\r\nHost: a.example:8080\r\nConnection: close\r\nX: 1\r\n\r\n", NULL },
		{ "POST http://a.example?q HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\n",
		  "POST /?q HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nContent-Length: 3\r\n\r\n", NULL },
		{ "GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\nProxy-Authorization: Basic eDp5\r\n\r\n",
		  "GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n", "" },
		{ "GET http://a.example:81?q HTTP/1.1\r\nHost: a.example\r\n\r\n",
		  "GET http://a.example:81/?q HTTP/1.1\r\nHost: a.example:81\r\nConnection: close\r\n"
		  "Proxy-Authorization: Basic bWU6\r\n\r\n",
		  "bWU6" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_request request;
		char written[512];
		assert_int_equal(http_read_request(cases[i].given, strlen(cases[i].given), &request), READING_DONE);
		size_t length = http_write_request(cases[i].given, &request, cases[i].credentials, written,
						   sizeof written);
		assert_int_equal(length, strlen(cases[i].written));
		assert_memory_equal(written, cases[i].written, length);
		assert_int_equal(
			http_write_request(cases[i].given, &request, cases[i].credentials, written, length - 1), 0);
	}
}

static void http__one_proxied_request_a_connection(void **state)
{
	(void)state;
	static const char head[] = "POST http://a.example/ HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n";
	struct http_request request;
	struct http_guard guard;
	size_t passed;
	assert_int_equal(http_read_request(BYTES(head), &request), READING_DONE);
	http_guard_begin_body(&guard, &request);
	assert_int_equal(http_guard_pass(&guard, BYTES("123" GET), &passed), READING_BAD);
	assert_int_equal(passed, 3);
}

/* Fronting on a port where anything may be spoken: what some server takes for a request is read as one, and who speaks
 * another protocol does not wait for the end of a line.
 */
static void http__begins_where_any_server_would_see_it(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		enum reading reading;
	} cases[] = {
		{ BYTES("GET / HTTP/1.1\r\n"), READING_DONE },
		{ BYTES("GET / HTTP/1.1\n"), READING_DONE },
		{ BYTES("\r\n\nGET / HTTP/1.1\r\n"), READING_DONE },
		{ BYTES("get  /\thttp/1.1 \r\r\n"), READING_DONE },
		{ BYTES("A-VERY-LONG-METHOD-INDEED / HTTP/1.1\r\n"), READING_DONE },
		{ BYTES("GET /a b\x80 HTTP/3.7\r\n"), READING_DONE },
		{ BYTES("CONNECT other:443 HTTP/1.1\r\n"), READING_DONE },
		{ BYTES("GET http://other/\r\n"), READING_DONE }, /* HTTP/0.9, with a host */
		/* HTTP/0.9, behind which Node's server and Python's read a Host */
		{ BYTES("GET /\r\n"), READING_DONE },
		{ BYTES("GET x\n"), READING_DONE },
		{ BYTES("POST /x\r\n"), READING_DONE },
		{ BYTES("OPTIONS *\r\n"), READING_DONE },
		/* what Node's parser takes for HTTP as well */
		{ BYTES("GET / RTSP/1.0\r\n"), READING_DONE },
		{ BYTES("DESCRIBE rtsp://a.example/ RTSP/1.0\r\n"), READING_DONE },
		{ BYTES("SOURCE /x ICE/1.0\r\n"), READING_DONE },
		/* methods to some (gunicorn, WEBrick) */
		{ BYTES("G:T / HTTP/1.1\r\n"), READING_DONE },
		{ BYTES("(\x80 / HTTP/1.1\r\n"), READING_DONE },
		/* as Python's http.server splits lines */
		{ BYTES(" GET / HTTP/1.1\r\n"), READING_DONE },
		{ BYTES("\r\n\t\x0cGET / HTTP/1.1\r\n"), READING_DONE },
		{ BYTES("GET\r/\rHTTP/1.1\n"), READING_DONE },
		{ BYTES("GET\x0b/\xa0HTTP/1.1\x1f\r\n"), READING_DONE },
		{ BYTES("GET\x85/\x1cHTTP/1.1\r\n"), READING_DONE },
		{ BYTES("GET /\0\x7f HTTP/1.1\r\n"), READING_DONE },
		{ BYTES(""), READING_MORE },
		{ BYTES("\r\n"), READING_MORE },
		{ BYTES("GET"), READING_MORE },
		{ BYTES("GET / HTTP/1.1"), READING_MORE },
		/* HTTP/2, SSH, Redis, git, PostgreSQL, mail, memcached, a name of the version that is none */
		{ BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), READING_BAD },
		{ BYTES("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), READING_BAD },
		{ BYTES("*1\r\n$4\r\nPING\r\n"), READING_BAD },
		{ BYTES("PING\r\n"), READING_BAD },
		{ BYTES("0033git-upload-pack /p.git\0host=h\0"), READING_MORE },
		{ BYTES("0033git-upload-pack /p.git\0host=h\x00"
			"0032want\n"),
		  READING_BAD },
		{ BYTES("\0\0\0\x08\x04\xd2\x16\x2f"), READING_MORE },
		{ BYTES("\0\0\0\x08\x04\xd2\x16\x2f\n"), READING_BAD },
		{ BYTES("\x01 /\n"), READING_BAD },
		{ BYTES("EHLO a.example\r\n"), READING_BAD },
		{ BYTES("get key\r\n"), READING_BAD },
		{ BYTES("get /key\r\n"), READING_BAD },
		{ BYTES("set HTTP/x 0 0 5\r\n"), READING_BAD },
		{ BYTES("HTTP/1.1 200 OK\r\n"), READING_BAD },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t cut = 0; cut <= cases[i].length; cut++) {
			struct http_opening opening = { 0 };
			enum reading reading = http_opening_read(&opening, cases[i].bytes, cut);
			if (reading == READING_MORE)
				reading = http_opening_read(&opening, cases[i].bytes + cut, cases[i].length - cut);
			if (reading != cases[i].reading)
				fail_msg("case %zu cut at %zu: %.*s", i, cut, (int)cases[i].length, cases[i].bytes);
		}
	}
	assert_true(http_is_likely(BYTES("G")));
	assert_true(http_is_likely(BYTES("POST /x")));
	assert_false(http_is_likely(BYTES("PING")));
	assert_false(http_is_likely(BYTES("get")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http__has_one_strict_reading),
		cmocka_unit_test(http__heads_have_a_bound),
		cmocka_unit_test(http__finds_the_password_for_the_proxy),
		cmocka_unit_test(http__guard_passes_what_names_its_host),
		cmocka_unit_test(http__guard_opens_when_the_server_upgrades),
		cmocka_unit_test(http__guard_opens_for_nothing_but_a_websocket),
		cmocka_unit_test(http__proxied_requests_become_the_servers),
		cmocka_unit_test(http__one_proxied_request_a_connection),
		cmocka_unit_test(http__begins_where_any_server_would_see_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
