#include "policy/path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/windows_name.h"
#include "policy/policy.h"

char path_separator(enum target target)
{
	return target == TARGET_WINDOWS ? '\\' : '/';
}

bool path_is_separator(enum target target, char c)
{
	return c == '/' || (c == '\\' && target == TARGET_WINDOWS);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_drive(enum target target, const char *path)
{
	return target == TARGET_WINDOWS && is_letter(path[0]) && path[1] == ':';
}

bool path_is_absolute(enum target target, const char *path)
{
	return path_is_separator(target, path[0]) || (has_drive(target, path) && path_is_separator(target, path[2]));
}

bool path_ends_in_separator(enum target target, const char *path)
{
	size_t length = strlen(path);
	return length > 0 && path_is_separator(target, path[length - 1]);
}

const char *path_name(enum target target, const char *path)
{
	const char *name = path;
	for (; *path; path++)
		if (path_is_separator(target, *path))
			name = path + 1;
	return name;
}

/* The length of `/`, `C:\` or `\\server\share`. */
static size_t root_length(enum target target, const char *path)
{
	if (has_drive(target, path))
		return path_is_separator(target, path[2]) ? 3 : 2;
	if (target != TARGET_WINDOWS || !path_is_separator(target, path[0]) || !path_is_separator(target, path[1]))
		return path_is_separator(target, path[0]);
	size_t length = 2;
	for (int names = 0; names < 2; names++) {
		length += names;
		while (path[length] && !path_is_separator(target, path[length]))
			length++;
		if (!path[length])
			break;
	}
	return length;
}

char *path_directory(enum target target, const char *path)
{
	size_t root = root_length(target, path);
	size_t length = (size_t)(path_name(target, path) - path);
	while (length > root && path_is_separator(target, path[length - 1]))
		length--;
	return text_format("%.*s", (int)(length > root ? length : root), path);
}

/* -- characters ------------------------------------------------------------------------------------------------- */

/* Lower case as NTFS has it ($UpCase), for the letters of which there are two; both have the same length in UTF-8. Of an
 * existing path the survey gives the spelling on disk, so this is for missing names and for patterns.
 */
enum { NO_CHARACTER = 0x110000 };   /* and a byte: of something else */
enum { TO_EVEN = -1, TO_ODD = -2 }; /* the small letter of a pair is the even one, or the odd one */

static const struct {
	uint16_t first, last;
	int16_t step;
} capitals[] = {
	{ 0xc0, 0xd6, 0x20 },       { 0xd8, 0xde, 0x20 },      { 0x100, 0x12f, TO_ODD },
	{ 0x132, 0x137, TO_ODD },   { 0x139, 0x148, TO_EVEN }, { 0x14a, 0x177, TO_ODD },
	{ 0x178, 0x178, -0x79 },    { 0x179, 0x17e, TO_EVEN }, { 0x1a0, 0x1a5, TO_ODD },
	{ 0x1af, 0x1b0, TO_EVEN },  { 0x1cd, 0x1dc, TO_EVEN }, { 0x1de, 0x1ef, TO_ODD },
	{ 0x1fa, 0x217, TO_ODD },   { 0x386, 0x386, 0x26 },    { 0x388, 0x38a, 0x25 },
	{ 0x38c, 0x38c, 0x40 },     { 0x38e, 0x38f, 0x3f },    { 0x391, 0x3a1, 0x20 },
	{ 0x3a3, 0x3ab, 0x20 },     { 0x3c2, 0x3c2, 1 }, /* the sigma of a word's end */
	{ 0x400, 0x40f, 0x50 },     { 0x410, 0x42f, 0x20 },    { 0x460, 0x481, TO_ODD },
	{ 0x490, 0x4bf, TO_ODD },   { 0x4c1, 0x4c4, TO_EVEN }, { 0x4c7, 0x4c8, TO_EVEN },
	{ 0x4cb, 0x4cc, TO_EVEN },  { 0x4d0, 0x4eb, TO_ODD },  { 0x4ee, 0x4f5, TO_ODD },
	{ 0x4f8, 0x4f9, TO_ODD },   { 0x531, 0x556, 0x30 },    { 0x1e00, 0x1e95, TO_ODD },
	{ 0x1ea0, 0x1ef9, TO_ODD },
};

static unsigned fold(unsigned c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
	for (size_t i = 0; i < COUNT_OF(capitals) && c >= capitals[i].first; i++)
		if (c <= capitals[i].last) {
			int step = capitals[i].step;
			return step == TO_ODD ? c | 1 : step == TO_EVEN ? c + (c & 1) : (unsigned)((int)c + step);
		}
	return c;
}

/* The character at *at, as it is compared, and moves past it. Linux names are bytes. */
static unsigned next_character(enum target target, const char *text, size_t length, size_t *at)
{
	const unsigned char *bytes = (const unsigned char *)text + *at;
	size_t left = length - (*at)++;
	if (target != TARGET_WINDOWS || bytes[0] < 0x80)
		return target == TARGET_WINDOWS ? fold(bytes[0]) : bytes[0];
	/* No longer character has a capital above; the bytes of those compare one by one. */
	if (bytes[0] >= 0xc2 && bytes[0] < 0xe0 && left > 1) {
		*at += 1;
		return fold((bytes[0] & 0x1fu) << 6 | (bytes[1] & 0x3fu));
	}
	if (bytes[0] == 0xe1 && left > 2 && bytes[1] >= 0xb8 && bytes[1] <= 0xbb) {
		*at += 2;
		return fold(0x1000u | (bytes[1] & 0x3fu) << 6 | (bytes[2] & 0x3fu));
	}
	return NO_CHARACTER + bytes[0];
}

static void add_character(struct text *text, unsigned c)
{
	if (c < 0x80 || c >= NO_CHARACTER) {
		text_add_char(text, (char)c);
		return;
	}
	if (c >= 0x800) {
		text_add_char(text, (char)(0xe0u | c >> 12));
		text_add_char(text, (char)(0x80u | (c >> 6 & 0x3fu)));
	} else {
		text_add_char(text, (char)(0xc0u | c >> 6));
	}
	text_add_char(text, (char)(0x80u | (c & 0x3fu)));
}

void path_add_key(enum target target, const char *path, struct text *key)
{
	size_t length = strlen(path);
	while (length > 0 && path_is_separator(target, path[length - 1]))
		length--;
	if (target != TARGET_WINDOWS) {
		text_add_bytes(key, path, length);
		return;
	}
	for (size_t at = 0; at < length;) {
		unsigned c = next_character(target, path, length, &at);
		add_character(key, c == '/' ? '\\' : c);
	}
	/* An addition of nothing still makes an empty key. */
	text_add_bytes(key, "", 0);
}

size_t path_parent(enum target target, const char *key, size_t length)
{
	while (length > 0 && key[length - 1] != path_separator(target))
		length--;
	return length > 0 ? length - 1 : 0;
}

unsigned path_depth(enum target target, const char *key)
{
	char separator = path_separator(target);
	unsigned depth = key[0] && key[0] != separator;
	for (; *key; key++)
		depth += *key == separator;
	return depth;
}

bool path_is_below(enum target target, const char *key, const char *above)
{
	if (!*above)
		return true;
	while (*above && *key == *above) {
		key++;
		above++;
	}
	return !*above && (!*key || *key == path_separator(target));
}

/* -- components ------------------------------------------------------------------------------------------------- */

struct component {
	const char *text;
	size_t length;
};

/* The component at or after `path`; empty at the end. */
static struct component component_at(enum target target, const char *path)
{
	while (path_is_separator(target, *path))
		path++;
	struct component component = { path, 0 };
	while (path[component.length] && !path_is_separator(target, path[component.length]))
		component.length++;
	return component;
}

static bool is_text(struct component component, const char *text)
{
	return component.length == strlen(text) && memcmp(component.text, text, component.length) == 0;
}

/* How many bytes stand for an escaped character at `at`: `\*` and `\\` on Linux, where an asterisk may be in a name. */
static size_t escape_length(enum target target, struct component component, size_t at)
{
	return target == TARGET_LINUX && component.text[at] == '\\' && at + 1 < component.length &&
	       (component.text[at + 1] == '*' || component.text[at + 1] == '\\');
}

static bool has_wildcard(enum target target, struct component component)
{
	for (size_t i = 0; i < component.length; i++) {
		if (component.text[i] == '*')
			return true;
		i += escape_length(target, component, i);
	}
	return false;
}

static bool is_crossing(struct component component)
{
	return is_text(component, "**");
}

bool pattern_floats(enum target target, const char *pattern)
{
	return pattern[0] == '*' && is_crossing(component_at(target, pattern)) && pattern[2] != '\0';
}

/* -- matching --------------------------------------------------------------------------------------------------- */

/* `*` is tried short first; only the last one can need to grow. */
static bool component_matches(enum target target, struct component pattern, struct component name)
{
	size_t p = 0, n = 0;
	size_t star = SIZE_MAX, resume = 0;
	while (n < name.length) {
		if (p < pattern.length && pattern.text[p] == '*') {
			star = ++p;
			resume = n;
			continue;
		}
		size_t before = n;
		unsigned wanted = 0;
		if (p < pattern.length) {
			p += escape_length(target, pattern, p);
			wanted = next_character(target, pattern.text, pattern.length, &p);
		}
		if (wanted != 0 && wanted == next_character(target, name.text, name.length, &n))
			continue;
		if (star == SIZE_MAX)
			return false;
		n = before;
		next_character(target, name.text, name.length, &resume);
		n = resume;
		p = star;
	}
	while (p < pattern.length && pattern.text[p] == '*')
		p++;
	return p == pattern.length;
}

bool policy_glob_matches(enum target target, const char *pattern, const char *path)
{
	struct component p = component_at(target, pattern);
	struct component s = component_at(target, path);
	struct component star = { NULL, 0 }; /* what follows the last `**`… */
	struct component resume = s;         /* …and where that was tried last */
	while (s.length > 0) {
		struct component next = component_at(target, p.text + p.length);
		if (is_crossing(p)) {
			if (next.length == 0)
				return true;
			star = p = next;
			resume = s;
		} else if (p.length > 0 && component_matches(target, p, s)) {
			p = next;
			s = component_at(target, s.text + s.length);
		} else if (star.text) {
			resume = s = component_at(target, resume.text + resume.length);
			p = star;
		} else {
			return false;
		}
	}
	return p.length == 0;
}

/* -- joining ---------------------------------------------------------------------------------------------------- */

struct join {
	enum target target;
	struct text path;
	size_t root;  /* bytes that no `..` takes away */
	bool is_glob; /* escapes are kept, and names taken as they are get them */
	const char *why;
};

static bool refuse(struct join *join, const char *why)
{
	join->why = why;
	return false;
}

/* Takes the root off the front of *path. */
static bool add_root(struct join *join, const char **path)
{
	enum target target = join->target;
	const char *text = *path;
	if (has_drive(target, text)) {
		if (!path_is_separator(target, text[2]))
			return refuse(join, "a separator must follow the drive");
		text_add_char(&join->path, (char)(text[0] & ~0x20));
		text_add(&join->path, ":\\");
		*path = text + 3;
	} else if (target == TARGET_WINDOWS && path_is_separator(target, text[0]) &&
		   path_is_separator(target, text[1])) {
		struct component server = component_at(target, text);
		struct component share = component_at(target, server.text + server.length);
		if (is_text(server, "?") || is_text(server, "."))
			return refuse(join, "a device path; name it by its drive");
		if (share.length == 0)
			return refuse(join, "a share must follow the server");
		const char *fault = windows_name_fault(server.text, server.length);
		if (!fault)
			fault = windows_name_fault(share.text, share.length);
		if (fault)
			return refuse(join, fault);
		text_add(&join->path, "\\\\");
		text_add_bytes(&join->path, server.text, server.length);
		text_add_char(&join->path, '\\');
		text_add_bytes(&join->path, share.text, share.length);
		*path = share.text + share.length;
	} else if (path_is_separator(target, text[0])) {
		text_add_char(&join->path, path_separator(target));
		*path = text + 1;
	}
	join->root = join->path.length;
	return true;
}

static bool drop_last(struct join *join)
{
	char *bytes = join->path.bytes;
	size_t length = join->path.length;
	size_t start = length;
	while (start > join->root && bytes[start - 1] != path_separator(join->target))
		start--;
	struct component last = { bytes + start, length - start };
	if (join->is_glob && has_wildcard(join->target, last))
		return refuse(join, "'..' after a wildcard");
	if (start > join->root)
		start--;
	join->path.length = start;
	if (bytes)
		bytes[start] = '\0';
	return true;
}

static void add_separator(struct join *join)
{
	size_t length = join->path.length;
	if (length > 0 && join->path.bytes[length - 1] != path_separator(join->target))
		text_add_char(&join->path, path_separator(join->target));
}

/* A name as it is: a value of a variable. */
static bool add_name(struct join *join, struct component name)
{
	add_separator(join);
	for (size_t i = 0; i < name.length; i++) {
		if (join->is_glob && join->target == TARGET_LINUX && strchr("*\\", name.text[i]))
			text_add_char(&join->path, '\\');
		text_add_char(&join->path, name.text[i]);
	}
	return true;
}

/* A component as a policy writes it. */
static bool add_written(struct join *join, struct component written)
{
	if (is_text(written, "."))
		return true;
	if (is_text(written, ".."))
		return drop_last(join);
	const char *fault = join->target == TARGET_WINDOWS ? windows_name_fault(written.text, written.length) : NULL;
	if (fault)
		return refuse(join, fault);
	for (size_t i = 0; i + 1 < written.length; i++)
		if (written.text[i] == '*' && written.text[i + 1] == '*' && !is_crossing(written) &&
		    !(i > 0 && escape_length(join->target, written, i - 1)))
			return refuse(join, "'**' has to be a whole component");

	add_separator(join);
	for (size_t i = 0; i < written.length; i++) {
		if (!join->is_glob)
			i += escape_length(join->target, written, i);
		text_add_char(&join->path, written.text[i]);
	}
	return true;
}

static bool add_components(struct join *join, const char *path, bool is_written)
{
	struct component component = component_at(join->target, path);
	while (component.length > 0) {
		if (!(is_written ? add_written(join, component) : add_name(join, component)))
			return false;
		component = component_at(join->target, component.text + component.length);
	}
	return true;
}

static bool is_glob_text(enum target target, const char *text)
{
	return has_wildcard(target, (struct component){ text, strlen(text) });
}

static bool join_parts(struct join *join, const char *head, const char *rest)
{
	enum target target = join->target;
	const char **first = head[0] ? &head : &rest;
	/* "/" + "**" is what a floating pattern says, on Windows for every drive. */
	if (!head[0] && path_is_separator(target, rest[0]) && is_crossing(component_at(target, rest)))
		rest = component_at(target, rest).text;
	if (!pattern_floats(target, *first)) {
		if (!add_root(join, first))
			return false;
		if (join->root == 0)
			return refuse(join, "not absolute");
	}
	if (!add_components(join, head, false) || !add_components(join, rest, true))
		return false;
	if (target == TARGET_WINDOWS && join->root == 1 && join->path.length > 1)
		return refuse(join, "a drive must come first; only \"/\" alone means every drive");
	return true;
}

bool path_join(enum target target, const char *head, const char *rest, char **ret_path, bool *ret_is_glob,
	       const char **ret_why)
{
	struct join join = { .target = target, .is_glob = is_glob_text(target, rest) };
	bool is_fine = join_parts(&join, head, rest);
	bool is_whole = text_ok(&join.path);
	char *path = text_take(&join.path);
	if (!is_fine || !path) {
		free(path);
		*ret_why = is_whole && path ? join.why : NULL;
		return false;
	}
	*ret_path = path;
	*ret_is_glob = join.is_glob;
	return true;
}

static bool is_end(char c)
{
	return c == '/' || c == '\0';
}

bool path_is_plain(enum target target, const char *path)
{
	if (target != TARGET_LINUX)
		return false;
	while (*path == '/') {
		const char *name = path + 1;
		bool is_dots = name[0] == '.' && (is_end(name[1]) || (name[1] == '.' && is_end(name[2])));
		if (is_end(*name) || is_dots)
			return false;
		for (path = name; !is_end(*path); path++)
			if (*path == '*' || *path == '\\' || *path == '$')
				return false;
	}
	return *path == '\0';
}

/* -- patterns --------------------------------------------------------------------------------------------------- */

/* What follows the literal part of the pattern. */
static const char *wild_part(enum target target, const char *pattern)
{
	struct component component = component_at(target, pattern);
	while (component.length > 0 && !has_wildcard(target, component))
		component = component_at(target, component.text + component.length);
	return component.text;
}

char *pattern_literal(enum target target, const char *pattern)
{
	struct text literal = { 0 };
	const char *end = wild_part(target, pattern);
	if (end == pattern)
		text_add_char(&literal, path_separator(target));
	struct component whole = { pattern, (size_t)(end - pattern) };
	for (size_t i = 0; i < whole.length; i++) {
		i += escape_length(target, whole, i);
		text_add_char(&literal, pattern[i]);
	}
	/* No separator at the end, but for a root. */
	size_t length = literal.length;
	bool is_drive = length == 3 && has_drive(target, text_str(&literal));
	if (length > 1 && !is_drive && path_ends_in_separator(target, literal.bytes))
		literal.bytes[length - 1] = '\0';
	return text_take(&literal);
}

char *pattern_move(enum target target, const char *pattern, const char *path)
{
	char *moved;
	bool is_glob;
	const char *why;
	const char *wild = wild_part(target, pattern);
	if (wild == pattern)
		return text_format("%s", pattern);
	/* The wild part cannot fail to join: it was joined before. */
	return path_join(target, path, wild, &moved, &is_glob, &why) ? moved : NULL;
}

unsigned pattern_specificity(enum target target, const char *pattern, const char *path)
{
	unsigned depth = 0;
	if (pattern_floats(target, pattern)) {
		for (struct component c = component_at(target, path); c.length > 0;
		     c = component_at(target, c.text + c.length))
			depth++;
		return 2 * depth - 1;
	}
	const char *end = wild_part(target, pattern);
	for (struct component c = component_at(target, pattern); c.text < end;
	     c = component_at(target, c.text + c.length))
		depth++;
	return 2 * depth + 1;
}
