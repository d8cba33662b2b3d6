#include "backend/windows/selftest_redact.h"

#include <ctype.h>
#include <string.h>

#include "base/list.h"

static bool is_in_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static size_t length_if_begins(const char *at, const char *word)
{
	size_t length = 0;
	for (; word[length]; length++)
		if (tolower((unsigned char)at[length]) != tolower((unsigned char)word[length]))
			return 0;
	return length;
}

/* How much of what stands here is the word by itself. */
static size_t find_word(const char *words, size_t at, const char *word)
{
	if (!word || !word[0] || (at > 0 && is_in_word(words[at - 1]) && is_in_word(word[0])))
		return 0;
	size_t length = length_if_begins(words + at, word);
	bool goes_on = length > 0 && is_in_word(words[at + length]) && is_in_word(word[length - 1]);
	return goes_on ? 0 : length;
}

/* `\Users\NAME`: adds it without the name. Folders of nobody in particular keep theirs. */
static size_t pass_profile(const char *at, struct text *text)
{
	static const char *const nobodys[] = { "Public", "Default", "All Users" };
	size_t front = length_if_begins(at, "\\Users\\");
	if (front == 0)
		return 0;
	size_t name = strcspn(at + front, "\\/\"'\r\n");
	for (size_t i = 0; i < COUNT_OF(nobodys); i++)
		if (name == strlen(nobodys[i]) && length_if_begins(at + front, nobodys[i]))
			return 0;
	text_add_bytes(text, at, front);
	text_add(text, name ? "<user>" : "");
	return front + name;
}

/* S-1-5-21-A-B-C, which names a machine or a domain. */
static size_t pass_sid(const char *at, struct text *text)
{
	size_t length = length_if_begins(at, "S-1-5-21-");
	if (length == 0)
		return 0;
	for (int number = 0; number < 3; number++) {
		length += strspn(at + length, "0123456789");
		if (number < 2 && at[length] != '-')
			break;
		length += number < 2;
	}
	text_add(text, "S-1-5-21-<machine>");
	return length;
}

void redact(const char *words, const struct redaction *redactions, size_t count, struct text *text)
{
	for (size_t at = 0; words[at];) {
		size_t passed = pass_profile(words + at, text);
		if (passed == 0)
			passed = pass_sid(words + at, text);
		for (size_t i = 0; i < count && passed == 0; i++) {
			passed = find_word(words, at, redactions[i].word);
			if (passed > 0)
				text_add(text, redactions[i].by);
		}
		if (passed == 0) {
			text_add_char(text, (unsigned char)words[at] < ' ' ? ' ' : words[at]);
			passed = 1;
		}
		at += passed;
	}
}
