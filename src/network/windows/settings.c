#include "network/windows/gate.h"

#include <sddl.h>
#include <stdlib.h>
#include <string.h>

static bool read_number(const char *text, unsigned long long most, unsigned long long *ret_number)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	unsigned long long number = strtoull(text, &end, 0);
	if (*end || number > most)
		return false;
	*ret_number = number;
	return true;
}

static bool read_handle(const char *text, HANDLE *ret_handle)
{
	unsigned long long number;
	if (!read_number(text, UINT32_MAX, &number) || number == 0)
		return false;
	*ret_handle = (HANDLE)(uintptr_t)number;
	return true;
}

/* The value behind the word and a space; NULL: it is another line. */
static const char *value_of(const char *line, const char *word)
{
	size_t length = strlen(word);
	return strncmp(line, word, length) == 0 && line[length] == ' ' ? line + length + 1 : NULL;
}

static bool take_line(struct gate *gate, char *line, struct settings *settings)
{
	const char *value;
	unsigned long long number = 0;
	if ((value = value_of(line, GATE_SET_PORT))) {
		bool is_fine = read_number(value, UINT16_MAX, &number);
		settings->port = (uint16_t)number;
		return is_fine;
	}
	if ((value = value_of(line, GATE_SET_COUNTERS)))
		return read_handle(value, &settings->counters);
	if ((value = value_of(line, GATE_SET_JOB)))
		return read_handle(value, &settings->job);
	if ((value = value_of(line, GATE_SET_ACCOUNT)))
		return ConvertStringSidToSidA(value, &settings->account);
	if ((value = value_of(line, GATE_SET_PASSWORD))) {
		if (!*value || strlen(value) >= sizeof settings->password)
			return false;
		strcpy(settings->password, value);
		return true;
	}
	return settings_read_line(gate, line);
}

bool settings_read(struct gate *gate, struct settings *ret_settings)
{
	char *line;
	while ((line = supervisor_read_line()) && *line)
		if (!take_line(gate, line, ret_settings))
			return false;
	return line && ret_settings->counters && ret_settings->job;
}
