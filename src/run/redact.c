#include "run/redact.h"

#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/show.h"

enum { ARGUMENT_MAX = 512, ARGUMENTS_MAX = 64 };

static const char hidden[] = "***";

static const char *const secret_names[] = {
	"password",   "passwd",     "passphrase", "token",       "secret",      "apikey",        "api-key", "api_key",
	"access-key", "access_key", "credential", "private-key", "private_key", "authorization", "cookie",
};

/* Too short to be looked for inside a name. */
static const char *const whole_names[] = { "pass", "auth", "pwd" };

/* Beginnings of tokens, and how many letters and digits follow at least. */
static const struct {
	const char *prefix;
	size_t least;
} tokens[] = {
	{ "ghp_", 20 }, { "gho_", 20 },  { "ghu_", 20 },  { "ghs_", 20 }, { "github_pat_", 20 }, { "glpat-", 12 },
	{ "sk-", 16 },  { "xoxb-", 10 }, { "xoxp-", 10 }, { "npm_", 20 }, { "pypi-", 20 },       { "AKIA", 16 },
	{ "ASIA", 16 }, { "AIza", 20 },  { "hf_", 20 },   { "eyJ", 20 },
};

static bool contains(const char *string, size_t length, const char *part)
{
	size_t size = strlen(part);
	for (size_t i = 0; i + size <= length; i++)
		if (strncasecmp(string + i, part, size) == 0)
			return true;
	return false;
}

static bool is_named(const char *name, size_t length, const char *expected)
{
	size_t dashes = strspn(name, "-");
	return dashes < length && length - dashes == strlen(expected) &&
	       strncasecmp(name + dashes, expected, length - dashes) == 0;
}

static bool names_secret(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(whole_names); i++)
		if (is_named(name, length, whole_names[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(secret_names); i++)
		if (contains(name, length, secret_names[i]))
			return true;
	return false;
}

static bool is_option(const char *word, size_t length)
{
	return length > 1 && word[0] == '-' && !memchr(word, '=', length);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c == '.';
}

/* How many bytes at the beginning are a known token; 0: none. */
static size_t token_length(const char *string, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		size_t size = strlen(tokens[i].prefix), end = size;
		if (length < size || strncmp(string, tokens[i].prefix, size) != 0)
			continue;
		while (end < length && is_word(string[end]))
			end++;
		if (end - size >= tokens[i].least)
			return end;
	}
	return 0;
}

/* Where the value begins that the word's own name calls secret (NAME=VALUE, Name:VALUE); 0: nowhere. */
static size_t value_place(const char *word, size_t length)
{
	for (size_t i = 1; i < length; i++)
		if (word[i] == '=' || word[i] == ':')
			return names_secret(word, i) || (word[i] == '=' && is_named(word, i, "user")) ? i + 1 : 0;
	return 0;
}

/* scheme://user:password@host: from behind the slashes to the last '@' before the path; 0: none. */
static size_t user_end(const char *word, size_t length, size_t *ret_begin)
{
	const char *slashes = NULL;
	size_t end = 0;
	for (size_t i = 0; i + 3 <= length && !slashes; i++)
		if (strncmp(word + i, "://", 3) == 0)
			slashes = word + i + 3;
	if (!slashes)
		return 0;
	for (size_t i = (size_t)(slashes - word); i < length && word[i] != '/' && word[i] != '?'; i++)
		if (word[i] == '@')
			end = i;
	*ret_begin = (size_t)(slashes - word);
	return end;
}

static void add_plain(struct text *text, const char *word, size_t length)
{
	bool is_inside = false;
	for (size_t i = 0; i < length;) {
		size_t token = is_inside ? 0 : token_length(word + i, length - i);
		if (token) {
			text_add(text, hidden);
			i += token;
			continue;
		}
		is_inside = is_word(word[i]);
		text_add_char(text, word[i++]);
	}
}

/* One word of an argument: what stands between spaces and quotes. */
static void add_word(struct text *text, const char *word, size_t length)
{
	size_t value = value_place(word, length), begin = 0, end = user_end(word, length, &begin);
	if (value) {
		text_add_bytes(text, word, value);
		if (value < length)
			text_add(text, hidden);
	} else if (end) {
		add_plain(text, word, begin);
		text_add(text, hidden);
		add_plain(text, word + end, length - end);
	} else {
		add_plain(text, word, length);
	}
}

/* Is what follows the word a secret?  "--token X", "Authorization: Bearer X", "-u X" of curl and its like. */
static bool announces_secret(const char *word, size_t length)
{
	bool is_user = (length == 2 && strncmp(word, "-u", 2) == 0) || (length == 6 && strncmp(word, "--user", 6) == 0);
	bool is_header = length > 1 && word[length - 1] == ':' && names_secret(word, length);
	bool is_scheme = (length == 6 && strncasecmp(word, "bearer", 6) == 0) ||
			 (length == 5 && strncasecmp(word, "basic", 5) == 0);
	return is_user || is_header || is_scheme || (is_option(word, length) && names_secret(word, length));
}

void redact_add(struct text *text, const char *argument, const char *before, size_t limit)
{
	CORDON_ON_EXIT(text_free) struct text words = { 0 };
	CORDON_ON_EXIT(text_free) struct text shown = { 0 };
	static const char between[] = " \t\n\r'\"`;|&()<>";
	bool is_secret = before && announces_secret(before, strlen(before)), was_name = false;
	for (const char *at = argument; *at;) {
		size_t gap = strspn(at, between), length = strcspn(at + gap, between);
		const char *word = at + gap;
		text_add_bytes(&words, at, gap);
		at = word + length;
		if (length == 0)
			continue;
		bool is_scheme = announces_secret(word, length) && word[0] != '-' && word[length - 1] != ':';
		if (is_secret && !is_scheme)
			text_add(&words, hidden);
		else
			add_word(&words, word, length);
		/* "password": "X", as JSON has it */
		bool is_joint = length == 1 && (*word == ':' || *word == '=') && was_name;
		is_secret = is_joint || announces_secret(word, length);
		was_name = names_secret(word, length);
	}
	show_add(&shown, text_str(&words));
	size_t length = shown.length;
	if (length > limit)
		for (length = limit; length > 0 && ((unsigned char)shown.bytes[length] & 0xc0) == 0x80;)
			length--;
	text_add_bytes(text, text_str(&shown), length);
	if (length < shown.length)
		text_add(text, "…");
}

char **redact_arguments(char *const *argv)
{
	struct text parts[ARGUMENTS_MAX + 1] = { { 0 } };
	const char *list[ARGUMENTS_MAX + 1] = { NULL };
	size_t count = 0;
	for (; argv[count] && count < ARGUMENTS_MAX; count++)
		redact_add(&parts[count], argv[count], count ? argv[count - 1] : NULL, ARGUMENT_MAX);
	if (argv[count])
		text_add(&parts[count++], "…");
	for (size_t i = 0; i < count; i++)
		list[i] = text_str(&parts[i]);
	char **arguments = text_list(NULL, list, count);
	for (size_t i = 0; i < count; i++)
		text_free(&parts[i]);
	return arguments;
}
