#include "cli/windows/keys.h"

#include <string.h>

#include "base/wide.h"

static bool is_high(uint16_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

void keys_add(struct typing *typing, const struct key *key, struct text *text)
{
	if (key->unit == 0 || (!key->is_down && !key->is_alt))
		return;
	if (is_high(key->unit)) {
		typing->high = key->unit;
		return;
	}
	const uint16_t units[] = { typing->high, key->unit };
	size_t first = typing->high ? 0 : 1;
	typing->high = 0;
	for (unsigned i = 0; i < (key->repeats ? key->repeats : 1u); i++)
		wide_add(text, units + first, 2 - first);
}

static const struct question {
	const char *bytes;
	size_t length;
	size_t counter; /* in struct asked */
} questions[] = {
	{ "\x1b[6n", 4, offsetof(struct asked, cursor) },
	{ "\x1b[c", 3, offsetof(struct asked, device) },
	{ "\x1b[0c", 4, offsetof(struct asked, device) },
};

enum { QUESTIONS = sizeof questions / sizeof *questions };

/* All that begin so are told apart by what follows: no more than one is whole. */
static const struct question *find(const char *bytes, size_t length, bool *ret_may_follow)
{
	*ret_may_follow = false;
	for (int i = 0; i < QUESTIONS; i++) {
		size_t common = length < questions[i].length ? length : questions[i].length;
		if (memcmp(bytes, questions[i].bytes, common) != 0)
			continue;
		if (common == questions[i].length)
			return &questions[i];
		*ret_may_follow = true;
	}
	return NULL;
}

size_t asked_take(struct asking *asking, const char *bytes, size_t length, char *out, struct asked *ret_asked)
{
	size_t count = 0;
	*ret_asked = (struct asked){ 0 };
	for (size_t i = 0; i < length; i++) {
		bool may_follow;
		asking->held[asking->count++] = bytes[i];
		const struct question *question = find(asking->held, asking->count, &may_follow);
		if (question) {
			++*(unsigned *)(void *)((char *)ret_asked + question->counter);
			asking->count = 0;
		} else if (!may_follow) {
			/* The last of them may begin another. */
			bool begins = bytes[i] == '\x1b' && asking->count > 1;
			size_t whole = asking->count - begins;
			memcpy(out + count, asking->held, whole);
			count += whole;
			asking->held[0] = bytes[i];
			asking->count = begins;
		}
	}
	return count;
}
