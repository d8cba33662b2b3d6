/* The few of git's settings that say where else git looks, as git-config(1) describes the file. git does nothing with a
 * file that it cannot read to its end, so what stands behind a mistake does not matter.
 */
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "os/git.h"

enum { NAME_MAX_LENGTH = 64, VALUE_MAX_LENGTH = 4096 };

struct reader {
	const char *at, *end; /* a NUL stands at the end; git takes others as they come */
	char section[NAME_MAX_LENGTH];
	bool has_subsection;
	char key[NAME_MAX_LENGTH];
	char value[VALUE_MAX_LENGTH];
	/* The same as git before 2.45 takes it: with a space for each tab that is not quoted. */
	char spaced[VALUE_MAX_LENGTH];
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
	const char *end = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	reader->at = end ? end : reader->end;
}

/* [section], [section "sub"] or, as it once was, [section.sub]. git takes a name that holds a NUL for one that ends
 * there, which is none that matters.
 */
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
			if (reader->at == reader->end || *reader->at == '\n')
				return false;
			if (*reader->at == '\0')
				reader->section[0] = '\0';
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

static void add_char(struct reader *reader, size_t *length, char c, bool is_space)
{
	if (*length + 1 == sizeof reader->value) {
		reader->is_cut = true;
		return;
	}
	reader->spaced[*length] = is_space ? ' ' : c;
	reader->value[(*length)++] = c;
}

/* Up to the end of the line; space at its ends counts only in quotes. */
static bool take_value(struct reader *reader)
{
	size_t length = 0, kept = 0;
	bool is_quoted = false;
	reader->is_cut = false;
	for (; reader->at < reader->end && *reader->at != '\n'; reader->at++) {
		char c = *reader->at;
		bool is_space = !is_quoted && (c == ' ' || c == '\t' || c == '\r');
		if (!is_quoted && (c == '#' || c == ';')) {
			skip_line(reader);
			break;
		}
		if (is_space && length == 0)
			continue;
		if (c == '"') {
			is_quoted = !is_quoted;
			kept = length;
			continue;
		}
		if (c == '\\') {
			/* The end of the file is the end of a line as well, and so is what follows. */
			if (reader->at + 1 == reader->end)
				break;
			reader->at++;
			int meant = unescape(reader);
			if (meant < 0)
				return false;
			if (meant == 0)
				continue;
			c = (char)meant;
		}
		add_char(reader, &length, c, is_space);
		if (!is_space)
			kept = length;
	}
	reader->value[kept] = reader->spaced[kept] = '\0';
	return !is_quoted;
}

/* A key without a value is true, which is no path. */
static bool take_setting(struct reader *reader)
{
	take_name(reader, reader->key);
	reader->value[0] = reader->spaced[0] = '\0';
	reader->at += strspn(reader->at, " \t\r");
	if (*reader->at == '=') {
		reader->at++;
		return take_value(reader);
	}
	if (*reader->at == '#' || *reader->at == ';')
		skip_line(reader);
	return reader->at == reader->end || *reader->at == '\n';
}

static bool tell(const struct reader *reader, bool (*visit)(void *context, enum git_setting setting, const char *value),
		 void *context)
{
	for (size_t i = 0; i < COUNT_OF(settings) && reader->value[0] && !reader->is_cut; i++)
		if (reader->has_subsection == (settings[i].subsection == WITH_SUBSECTION) &&
		    strcasecmp(reader->section, settings[i].section) == 0 &&
		    strcasecmp(reader->key, settings[i].key) == 0)
			return visit(context, settings[i].setting, reader->value) &&
			       (strcmp(reader->value, reader->spaced) == 0 ||
				visit(context, settings[i].setting, reader->spaced));
	return true;
}

static struct reader read_from(const char *text, size_t length)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct reader reader = { .at = text, .end = text + length };
	if (strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0)
		reader.at += strlen(byte_order_mark);
	return reader;
}

enum found { FOUND_SETTING, FOUND_END, FOUND_MISTAKE };

/* The next setting, from where *ret_start says. */
static enum found find_setting(struct reader *reader, const char **ret_start)
{
	for (;;) {
		reader->at += strspn(reader->at, " \t\r\n");
		char c = *reader->at;
		*ret_start = reader->at;
		if (reader->at == reader->end)
			return FOUND_END;
		if (c == '#' || c == ';')
			skip_line(reader);
		else if (c == '[' ? !take_section(reader) : !is_name_char(c) || !take_setting(reader))
			return FOUND_MISTAKE;
		else if (c != '[')
			return FOUND_SETTING;
	}
}

bool git_config_read(const char *text, size_t length,
		     bool (*visit)(void *context, enum git_setting setting, const char *value), void *context)
{
	struct reader reader = read_from(text, length);
	const char *start;
	while (find_setting(&reader, &start) == FOUND_SETTING)
		if (!tell(&reader, visit, context))
			return false;
	return true;
}

enum git_kept git_config_keep(const char *text, size_t length,
			      bool (*is_kept)(void *context, const struct git_named_setting *setting), void *context,
			      struct text *kept)
{
	struct reader reader = read_from(text, length);
	const char *start, *copied = text;
	enum git_kept what = GIT_KEPT_ALL;
	enum found found;
	size_t before = kept->length;
	while ((found = find_setting(&reader, &start)) == FOUND_SETTING) {
		const struct git_named_setting setting = {
			.section = reader.section,
			.key = reader.key,
			.has_subsection = reader.has_subsection,
			.value = reader.value,
		};
		if (!reader.is_cut && is_kept(context, &setting))
			continue;
		text_add_bytes(kept, copied, (size_t)(start - copied));
		copied = reader.at;
		what = GIT_KEPT_SOME;
	}
	if (found == FOUND_MISTAKE || memchr(text, '\0', length)) {
		kept->length = before;
		return GIT_KEPT_NOTHING;
	}
	text_add_bytes(kept, copied, (size_t)(text + length - copied));
	return what;
}
