/* Whether a connection begins with a request in the eyes of any server, however careless. */
#include "network/http.h"

#include <string.h>
#include <strings.h>

/* What a line goes through. */
enum { AT_START, IN_METHOD, IN_LINE };

static const char version[] = "HTTP/", scheme[] = "://", preface[] = "PRI * HTTP/2.0";

/* What some server splits a request line at: blanks, a line's half end, and what else Python calls white space. */
static bool is_blank(char c)
{
	unsigned char byte = (unsigned char)c;
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == 0x0b || byte == 0x0c ||
	       (byte >= 0x1c && byte < ' ') || byte == 0x85 || byte == 0xa0;
}

/* One byte more of the line. The members with the texts' names say how much of them has been met. */
static void take(struct http_opening *opening, char c)
{
	if (opening->length < sizeof preface && c != '\r')
		opening->length++;
	if (opening->preface + 1u == opening->length && opening->preface < sizeof preface - 1 &&
	    c == preface[opening->preface])
		opening->preface++;
	if (is_blank(c)) {
		opening->is_in_word = false;
		return;
	}
	if (!opening->is_in_word) {
		opening->is_in_word = true;
		opening->words += opening->words < 3;
		opening->version = opening->scheme = 0;
		opening->word_length = 0;
	}
	if (opening->version == opening->word_length && opening->version < sizeof version - 1 &&
	    (c & ~0x20) == (version[opening->version] & ~0x20))
		opening->version++;
	opening->word_length += opening->word_length < sizeof version;
	if (opening->scheme < sizeof scheme - 1)
		opening->scheme = c == scheme[opening->scheme] ? opening->scheme + 1 : c == scheme[0];
}

/* With a version as the last word; or with none behind a target that names a host: some servers take even that. */
static bool is_request(const struct http_opening *opening)
{
	if (opening->preface == sizeof preface - 1 && opening->length == sizeof preface - 1)
		return false;
	return (opening->words >= 2 && opening->version == sizeof version - 1) ||
	       (opening->words == 2 && opening->scheme == sizeof scheme - 1);
}

/* What no server takes for a method rules it out: who speaks another protocol need not end a line. */
enum reading http_opening_read(struct http_opening *opening, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];
		if (opening->phase == AT_START && (c == '\r' || c == '\n'))
			continue;
		if (opening->phase != IN_LINE) {
			if (!is_blank(c) && !http_is_token(c))
				return READING_BAD;
			bool is_over = is_blank(c) && opening->words > 0;
			opening->phase = is_over ? IN_LINE : IN_METHOD;
		}
		if (c == '\n')
			return is_request(opening) ? READING_DONE : READING_BAD;
		take(opening, c);
	}
	return READING_MORE;
}

bool http_is_likely(const char *bytes, size_t length)
{
	static const char *const methods[] = { "GET ",   "HEAD ",    "POST ",    "PUT ",     "DELETE ",
					       "PATCH ", "OPTIONS ", "CONNECT ", "PROPFIND " };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		size_t whole = strlen(methods[i]);
		if (memcmp(bytes, methods[i], length < whole ? length : whole) == 0)
			return true;
	}
	return false;
}
