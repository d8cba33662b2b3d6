#include "base/punycode.h"

#include <string.h>

enum { BASE = 36, LEAST = 1, MOST = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_POINT = 0x80 };
enum { LAST_POINT = 0x10ffff };

static uint32_t adapt(uint32_t delta, uint32_t count, bool is_first)
{
	uint32_t k = 0;
	delta = is_first ? delta / DAMP : delta / 2;
	delta += delta / count;
	for (; delta > (BASE - LEAST) * MOST / 2; k += BASE)
		delta /= BASE - LEAST;
	return k + (BASE - LEAST + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	if (k <= bias + LEAST)
		return LEAST;
	return k >= bias + MOST ? MOST : k - bias;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

struct output {
	char *text;
	size_t length, room;
	bool is_full;
};

static void add(struct output *output, char c)
{
	if (output->length == output->room)
		output->is_full = true;
	else
		output->text[output->length++] = c;
}

static void add_number(struct output *output, uint32_t number, uint32_t bias)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = threshold(k, bias);
		if (number < t)
			break;
		add(output, digits[t + (number - t) % (BASE - t)]);
		number = (number - t) / (BASE - t);
	}
	add(output, digits[number]);
}

bool punycode_encode(const uint32_t *points, size_t count, char *ret_text, size_t room, size_t *ret_length)
{
	struct output output = { ret_text, 0, room, false };
	uint32_t delta = 0, bias = FIRST_BIAS, point = FIRST_POINT, done = 0;
	for (size_t i = 0; i < count; i++)
		if (points[i] < FIRST_POINT)
			add(&output, (char)points[i]);
	const uint32_t basic = (uint32_t)output.length;
	if (basic > 0)
		add(&output, '-');
	/* Each character is at most LAST_POINT, and a full output ends it: nothing can overflow. */
	for (done = basic; done < count && !output.is_full; point++, delta++) {
		uint32_t next = UINT32_MAX;
		for (size_t i = 0; i < count; i++)
			if (points[i] >= point && points[i] < next)
				next = points[i];
		delta += (next - point) * (done + 1);
		point = next;
		for (size_t i = 0; i < count; i++) {
			delta += points[i] < point;
			if (points[i] != point)
				continue;
			add_number(&output, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	*ret_length = output.length;
	return !output.is_full;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static uint32_t digit_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a');
	return c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 26 : BASE;
}

/* Adds the number that stands at *at; false when none does. */
static bool take_number(const char *text, size_t length, size_t *at, uint32_t bias, uint32_t *number)
{
	uint64_t sum = *number, weight = 1;
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t digit = *at < length ? digit_of(text[(*at)++]) : BASE;
		uint32_t t = threshold(k, bias);
		sum += digit * weight;
		if (digit == BASE || sum > INT32_MAX)
			return false;
		if (digit < t)
			break;
		weight *= BASE - t;
	}
	*number = (uint32_t)sum;
	return true;
}

bool punycode_decode(const char *text, size_t length, uint32_t *ret_points, size_t room, size_t *ret_count)
{
	uint32_t bias = FIRST_BIAS, point = FIRST_POINT, number = 0;
	size_t count = 0, at = length;
	while (at > 0 && text[at - 1] != '-')
		at--;
	for (size_t i = 0; i + 1 < at; i++) {
		if ((unsigned char)text[i] >= FIRST_POINT || count == room)
			return false;
		ret_points[count++] = (uint32_t)text[i];
	}
	for (bool is_first = true; at < length; is_first = false) {
		const uint32_t before = number;
		if (count == room || !take_number(text, length, &at, bias, &number))
			return false;
		const uint32_t places = (uint32_t)count + 1;
		bias = adapt(number - before, places, is_first);
		if (number / places > LAST_POINT - point)
			return false;
		point += number / places;
		number %= places;
		memmove(ret_points + number + 1, ret_points + number, (count - number) * sizeof *ret_points);
		ret_points[number++] = point;
		count++;
	}
	*ret_count = count;
	return true;
}
