/* network/http.h: HTTP/1 requests as a client sends them. Pure. RFC 9110, 9112.
 *
 * One reading, the strictest: lines end in CR LF, no line goes on in the next, no space stands before a colon, Host and
 * Content-Length come once, a body has one length and not two. Whatever a server behind could read in another way is
 * BAD.
 *
 *	http_read_request   one request's head
 *	http_guard_pass     a connection of them, each of which has to name the host that is meant
 *	http_write_request  a proxied request as the server is to see it
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/host.h"
#include "network/reading.h"

enum { HTTP_HEAD_SIZE = 16 * 1024 };

enum http_form {
	HTTP_ORIGIN,    /* "/path", or "*" of OPTIONS */
	HTTP_ABSOLUTE,  /* "http://host/path" */
	HTTP_AUTHORITY, /* "host:port" of CONNECT */
};

enum http_body { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED };

struct http_request {
	size_t length; /* of the head, in bytes, with the empty line */
	enum http_form form;
	struct target target; /* ABSOLUTE and AUTHORITY */
	bool has_host;
	struct target host; /* the Host header's, port 80 unless it says another */
	size_t method_length;
	bool is_trace; /* whoever answers shows what it was sent */
	/* Where the value of Proxy-Authorization stands in the head; length 0: there is none */
	size_t authorization, authorization_length;
	size_t path, path_length; /* where origin-form stands in the head; length 0 of an absolute one: "/" */
	enum http_body body;
	uint64_t body_length;                /* HTTP_LENGTH */
	bool wants_upgrade, wants_websocket; /* to any protocol, and to that one alone (RFC 6455) */
};

enum reading http_read_request(const char *bytes, size_t length, struct http_request *ret_request);

/* The first line of a connection, as far as it was read; zeroed before. */
struct http_opening { /* its own; phase is 0 before the line has begun */
	uint8_t phase, words, word_length, scheme, preface, length;
	char word[5]; /* how the last word begins */
	char target;  /* how the second word does */
	bool is_in_word, is_odd, is_get;
};

/* Whether it begins with a request in the eyes of any server: then http_guard_pass reads that, strictly. Takes the next
 * bytes. DONE: yes; BAD: another protocol, HTTP/2 among them; MORE: the line is not over.
 */
enum reading http_opening_read(struct http_opening *opening, const char *bytes, size_t length);
/* The bytes begin with a method that clients use, or are the beginning of one: the rest is worth waiting for. */
bool http_is_likely(const char *bytes, size_t length);

bool http_is_token(char c); /* RFC 9110 §5.6.2 */

/* The request in origin-form, for the server alone: Host is the target's, what was meant for the proxy is left out, and
 * the connection ends with the answer. For another proxy, whose `credentials` are given ("" for none, NULL where it is
 * for the server), it is in absolute-form. Returns its length, 0 when it has no room. `bytes` are the request's head.
 */
size_t http_write_request(const char *bytes, const struct http_request *request, const char *credentials,
			  char *ret_bytes, size_t room);

/* The requests of one connection to one host. */
struct http_guard {
	struct target target; /* the only one that they may name */
	int state;            /* its own */
	uint64_t left;
	bool has_begun;
	bool may_open; /* the upgrade that was asked for is one after which a connection is to one host still */
	char heard[12];
	unsigned heard_count;
};

void http_guard_begin(struct http_guard *guard, const struct target *target);
/* How far the body of a request goes whose head was passed on already; no request may follow it. */
void http_guard_begin_body(struct http_guard *guard, const struct http_request *request);

/* How many of the bytes may pass on to the server; the rest has to be given again with what follows. MORE: so far all
 * is well; BAD: nothing more may pass; DONE: from *ret_passed on everything may, the connection has become another one.
 */
enum reading http_guard_pass(struct http_guard *guard, const char *bytes, size_t length, size_t *ret_passed);

/* After a request that asks to change the protocol nothing passes until the server has answered: while it waits tell it
 * what the server says. Only the first request of a connection may ask, and only a WebSocket opens: what HTTP/2 asks
 * for afterwards nobody would look at.
 */
bool http_guard_waits(const struct http_guard *guard);
void http_guard_hear(struct http_guard *guard, const char *bytes, size_t length);
