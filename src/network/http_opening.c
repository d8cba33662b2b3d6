/* Whether a connection begins with a request in the eyes of any server, however careless. */
#include "network/http.h"

#include <string.h>
#include <strings.h>

/* What a line goes through. */
enum { AT_START, IN_LINE };

static const char scheme[] = "://", preface[] = "PRI * HTTP/2.0";

/* What some server splits a request line at: blanks, a line's half end, and what else Python calls white space. */
static bool is_blank(char c)
{
	unsigned char byte = (unsigned char)c;
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == 0x0b || byte == 0x0c ||
	       (byte >= 0x1c && byte < ' ') || byte == 0x85 || byte == 0xa0;
}

/* Is the last word that one? */
static bool is_word(const struct http_opening *opening, const char *word)
{
	size_t length = strlen(word);
	return opening->word_length == length && memcmp(opening->word, word, length) == 0;
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
		opening->is_get = opening->words == 1 ? is_word(opening, "GET") : opening->is_get;
		opening->target = opening->words == 1 ? c : opening->target;
		opening->is_in_word = true;
		opening->words += opening->words < 3;
		opening->scheme = 0;
		opening->word_length = 0;
	}
	if (opening->word_length < sizeof opening->word)
		opening->word[opening->word_length] = c;
	opening->word_length += opening->word_length <= sizeof opening->word;
	/* neither is in a method that anybody knows */
	opening->is_odd |= opening->words == 1 && ((c >= 'a' && c <= 'z') || !http_is_token(c));
	if (opening->scheme < sizeof scheme - 1)
		opening->scheme = c == scheme[opening->scheme] ? opening->scheme + 1 : c == scheme[0];
}

/* As the last word. What RTSP and Icecast's clients say is HTTP to some servers (Node's). */
static bool is_version(const struct http_opening *opening)
{
	static const char *const versions[] = { "HTTP/", "RTSP/", "ICE/" };
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		size_t length = strlen(versions[i]);
		if (opening->word_length >= length && strncasecmp(opening->word, versions[i], length) == 0)
			return true;
	}
	return false;
}

/* With a version; or without one (HTTP/0.9): whatever is asked for so, Node and Python read the fields behind it. */
static bool is_request(const struct http_opening *opening)
{
	if (opening->preface == sizeof preface - 1 && opening->length == sizeof preface - 1)
		return false;
	if (opening->words >= 2 && is_version(opening))
		return true;
	bool is_path = opening->target == '/' || opening->target == '*';
	bool has_scheme = opening->scheme == sizeof scheme - 1;
	return opening->words == 2 && (opening->is_get || has_scheme || (is_path && !opening->is_odd));
}

/* Servers differ in what they take for a method, but not in that a line ends. */
enum reading http_opening_read(struct http_opening *opening, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];
		if (opening->phase == AT_START && (c == '\r' || c == '\n'))
			continue;
		opening->phase = IN_LINE;
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
