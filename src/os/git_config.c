/* The few of git's settings that say where else git looks, as git-config(1) describes the file. git does nothing with a
 * file that it cannot read to its end, so what stands behind a mistake does not matter.
 */
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "os/git.h"

enum { NAME_MAX_LENGTH = 64, VALUE_MAX_LENGTH = 4096 };

struct reader {
	const char *at;
	char section[NAME_MAX_LENGTH];
	bool has_subsection;
	char key[NAME_MAX_LENGTH];
	char value[VALUE_MAX_LENGTH];
	bool is_cut; /* the value is too long for a path */
};

static const struct {
	const char *section;
	const char *key;
	enum { WITHOUT_SUBSECTION, WITH_SUBSECTION } subsection;
	enum git_setting setting;
} settings[] = {
	{ "core", "hookspath", WITHOUT_SUBSECTION, GIT_HOOKS_PATH },
	{ "core", "worktree", WITHOUT_SUBSECTION, GIT_WORKTREE },
	{ "include", "path", WITHOUT_SUBSECTION, GIT_INCLUDE },
	{ "includeif", "path", WITH_SUBSECTION, GIT_INCLUDE },
	{ "submodule", "path", WITH_SUBSECTION, GIT_SUBMODULE_PATH },
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* A name that does not fit is none that matters. */
static void take_name(struct reader *reader, char name[NAME_MAX_LENGTH])
{
	size_t length = 0;
	while (is_name_char(reader->at[length]))
		length++;
	size_t kept = length < NAME_MAX_LENGTH ? length : 0;
	memcpy(name, reader->at, kept);
	name[kept] = '\0';
	reader->at += length;
}

static void skip_line(struct reader *reader)
{
	reader->at += strcspn(reader->at, "\n");
}

/* [section], [section "sub"] or, as it once was, [section.sub]. */
static bool take_section(struct reader *reader)
{
	reader->at++;
	take_name(reader, reader->section);
	reader->has_subsection = *reader->at == '.';
	while (*reader->at == '.' || is_name_char(*reader->at))
		reader->at++;
	if (*reader->at == ' ' || *reader->at == '\t') {
		reader->at += strspn(reader->at, " \t");
		if (*reader->at++ != '"')
			return false;
		reader->has_subsection = true;
		for (; *reader->at != '"'; reader->at++) {
			reader->at += *reader->at == '\\';
			if (*reader->at == '\0' || *reader->at == '\n')
				return false;
		}
		reader->at++;
	}
	return *reader->at++ == ']';
}

/* What a backslash and the character behind it stand for: -1 for nothing that git knows, 0 for a line that goes on. */
static int unescape(struct reader *reader)
{
	reader->at += reader->at[0] == '\r' && reader->at[1] == '\n';
	switch (*reader->at) {
	case '\n':
		return 0;
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case '\\':
	case '"':
		return *reader->at;
	default:
		return -1;
	}
}

static void add_char(struct reader *reader, size_t *length, char c)
{
	if (*length + 1 < sizeof reader->value)
		reader->value[(*length)++] = c;
	else
		reader->is_cut = true;
}

/* Up to the end of the line; space at its end counts only in quotes. */
static bool take_value(struct reader *reader)
{
	size_t length = 0, kept = 0;
	bool is_quoted = false;
	reader->is_cut = false;
	reader->at += strspn(reader->at, " \t");
	for (; *reader->at && *reader->at != '\n'; reader->at++) {
		char c = *reader->at;
		bool is_space = c == ' ' || c == '\t' || c == '\r';
		if (!is_quoted && (c == '#' || c == ';')) {
			skip_line(reader);
			break;
		}
		if (c == '"') {
			is_quoted = !is_quoted;
			kept = length;
			continue;
		}
		if (c == '\\') {
			reader->at++;
			int meant = unescape(reader);
			if (meant < 0)
				return false;
			if (meant == 0)
				continue;
			c = (char)meant;
			is_space = false;
		}
		add_char(reader, &length, c);
		if (!is_space || (is_quoted && c != '\r'))
			kept = length;
	}
	reader->value[kept] = '\0';
	return !is_quoted;
}

/* A key without a value is true, which is no path. */
static bool take_setting(struct reader *reader)
{
	take_name(reader, reader->key);
	reader->value[0] = '\0';
	reader->at += strspn(reader->at, " \t\r");
	if (*reader->at == '=') {
		reader->at++;
		return take_value(reader);
	}
	if (*reader->at == '#' || *reader->at == ';')
		skip_line(reader);
	return *reader->at == '\0' || *reader->at == '\n';
}

static bool tell(const struct reader *reader, bool (*visit)(void *context, enum git_setting setting, const char *value),
		 void *context)
{
	for (size_t i = 0; i < COUNT_OF(settings) && reader->value[0] && !reader->is_cut; i++)
		if (reader->has_subsection == (settings[i].subsection == WITH_SUBSECTION) &&
		    strcasecmp(reader->section, settings[i].section) == 0 &&
		    strcasecmp(reader->key, settings[i].key) == 0)
			return visit(context, settings[i].setting, reader->value);
	return true;
}

bool git_config_read(const char *text, bool (*visit)(void *context, enum git_setting setting, const char *value),
		     void *context)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct reader reader = { .at = text };
	if (strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0)
		reader.at += strlen(byte_order_mark);
	for (;;) {
		reader.at += strspn(reader.at, " \t\r\n");
		char c = *reader.at;
		if (c == '#' || c == ';') {
			skip_line(&reader);
		} else if (c == '[') {
			if (!take_section(&reader))
				return true;
		} else if (!is_name_char(c) || !take_setting(&reader)) {
			return true;
		} else if (!tell(&reader, visit, context)) {
			return false;
		}
	}
}
