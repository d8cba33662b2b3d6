#include "policy/values.h"

#include <stddef.h>
#include <string.h>

#include "base/list.h"

#define SIZE_EXPECTED "a size is a whole number of bytes or one with KiB, MiB, GiB or TiB, such as \"4GiB\""
#define SHARE_EXPECTED "a share is 1% to 100%"
#define DURATION_EXPECTED "a duration has a unit, such as \"90s\", \"10m\", \"2h\" or \"500ms\""
#define PROCESSORS_EXPECTED "processors are a number such as 2 or 0.5, with at most three decimals"
#define COUNT_EXPECTED "a whole number from 1 to 2147483647 is expected"

/* Values above make no sense and overflow in conversions. */
#define BYTES_MAX ((uint64_t)INT64_MAX)
#define MILLISECONDS_MAX ((uint64_t)INT64_MAX / 1000000)
#define COUNT_MAX ((uint64_t)INT32_MAX)
#define PROCESSORS_MAX 100000u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits up to *end; false when there are none, or too many. */
static bool read_digits(const char *text, uint64_t *ret_number, const char **ret_end)
{
	uint64_t number = 0;
	const char *at = text;
	for (; is_digit(*at); at++) {
		unsigned digit = (unsigned)(*at - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	*ret_end = at;
	return at > text;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static bool read_with_unit(const char *text, const struct unit *units, size_t count, uint64_t most, uint64_t *ret_value)
{
	uint64_t number;
	const char *end;
	if (!read_digits(text, &number, &end))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (number == 0 || number > most / units[i].factor)
			return false;
		*ret_value = number * units[i].factor;
		return true;
	}
	return false;
}

const char *value_read_size(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "KiB", 1ull << 10 }, { "MiB", 1ull << 20 }, { "GiB", 1ull << 30 }, { "TiB", 1ull << 40 },
	};
	return read_with_unit(text, units, COUNT_OF(units), BYTES_MAX, ret_bytes) ? NULL : SIZE_EXPECTED;
}

const char *value_read_share(const char *text, uint64_t *ret_percent)
{
	static const struct unit units[] = { { "%", 1 } };
	return read_with_unit(text, units, 1, 100, ret_percent) ? NULL : SHARE_EXPECTED;
}

const char *value_read_duration(const char *text, uint64_t *ret_milliseconds)
{
	static const struct unit units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	return read_with_unit(text, units, COUNT_OF(units), MILLISECONDS_MAX, ret_milliseconds) ? NULL
												: DURATION_EXPECTED;
}

const char *value_read_processors(const char *text, uint64_t *ret_thousandths)
{
	uint64_t whole, thousandths = 0;
	const char *end;
	if (!read_digits(text, &whole, &end) || whole > PROCESSORS_MAX)
		return PROCESSORS_EXPECTED;
	if (*end == '.') {
		const char *decimals = end + 1;
		if (!read_digits(decimals, &thousandths, &end) || end - decimals > 3)
			return PROCESSORS_EXPECTED;
		for (ptrdiff_t i = end - decimals; i < 3; i++)
			thousandths *= 10;
	}
	if (*end != '\0' || whole * 1000 + thousandths == 0)
		return PROCESSORS_EXPECTED;
	*ret_thousandths = whole * 1000 + thousandths;
	return NULL;
}

const char *value_read_count(const char *text, uint64_t *ret_count)
{
	static const struct unit units[] = { { "", 1 } };
	return read_with_unit(text, units, 1, COUNT_MAX, ret_count) ? NULL : COUNT_EXPECTED;
}

const char *value_read_port(const char *text, uint16_t *ret_port)
{
	uint64_t port;
	const char *end;
	if (!read_digits(text, &port, &end) || *end || text[0] == '0' || port > UINT16_MAX)
		return "a port is a number from 1 to 65535";
	*ret_port = (uint16_t)port;
	return NULL;
}

const char *value_check_variable(const char *text, bool may_be_pattern)
{
	if (!text[0])
		return "a variable has a name";
	for (const char *c = text; *c; c++) {
		if (*c == '=')
			return "a variable's name has no '='";
		if (*c == '*' && !may_be_pattern)
			return "a variable's name has no '*' here";
		if ((unsigned char)*c < 0x20)
			return "a variable's name has no control characters";
	}
	return NULL;
}
