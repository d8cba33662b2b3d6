#include "base/idna.h"

#include <stdio.h>
#include <string.h>

#include "base/punycode.h"
#include "base/show.h"
#include "base/utf8.h"

/* -- characters ---------------------------------------------------------------------------------------------------- */

enum direction { TO_RIGHT, TO_LEFT, ARABIC_NUMBER, NUMBER, MARK, NEUTRAL }; /* as in the table */

struct kind {
	uint8_t combining, direction, is_mark;
};

#include "base/idna_table.h"

enum { PREFIX = 4 }; /* "xn--" */
enum { VIRAMA = 9, LETTERS_MAX = HOST_LABEL_LENGTH - PREFIX, PARTS_MAX = 4 /* of one character */ };

struct label {
	uint32_t points[HOST_LABEL_LENGTH]; /* LETTERS_MAX of an international one */
	size_t count;
};

static uint32_t take_number(const uint8_t **at)
{
	uint32_t number = 0;
	unsigned shift = 0;
	for (; **at & 0x80; shift += 7)
		number |= (uint32_t)(*(*at)++ & 0x7f) << shift;
	return number | (uint32_t) * (*at)++ << shift;
}

/* NULL: it may stand in no name. */
static const struct kind *find_kind(uint32_t point)
{
	uint32_t first = 0;
	for (const uint8_t *at = letters; at < letters + sizeof letters;) {
		first += take_number(&at);
		uint32_t count = take_number(&at);
		uint8_t kind = count & 1 ? *at++ : 0;
		if (point < first)
			return NULL;
		first += (count >> 1) + 1;
		if (point < first)
			return &kinds[kind];
	}
	return NULL;
}

static unsigned combining(uint32_t point)
{
	const struct kind *kind = find_kind(point);
	return kind ? kind->combining : 0;
}

/* Of one in ASCII that is in no international label: '_', a capital. */
static enum direction direction(uint32_t point)
{
	const struct kind *kind = find_kind(point | (point >= 'A' && point <= 'Z' ? 0x20 : 0));
	return kind ? (enum direction)kind->direction : NEUTRAL;
}

/* -- composition (NFC) --------------------------------------------------------------------------------------------- */

struct pair {
	uint32_t composite, first, second;
};

/* The composed character itself, or where that is 0 the one of both halves. */
static bool find_pair(struct pair *pair)
{
	uint32_t composite = 0;
	for (const uint8_t *at = pairs; at < pairs + sizeof pairs;) {
		composite += take_number(&at);
		uint32_t distance = take_number(&at);
		uint32_t first = distance & 1 ? composite + (distance >> 1) : composite - (distance >> 1);
		uint32_t second = seconds[*at++];
		if (pair->composite ? pair->composite == composite : pair->first == first && pair->second == second) {
			*pair = (struct pair){ composite, first, second };
			return true;
		}
	}
	return false;
}

static size_t take_apart(uint32_t point, uint32_t *ret_parts)
{
	struct pair pair = { .composite = point };
	if (!find_pair(&pair)) {
		ret_parts[0] = point;
		return 1;
	}
	size_t count = take_apart(pair.first, ret_parts);
	ret_parts[count] = pair.second;
	return count + 1;
}

/* Marks on one letter stand in the order of their classes; those of one class as they are. */
static void sort_marks(uint32_t *parts, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint32_t part = parts[i];
		unsigned class = combining(part);
		size_t at = i;
		for (; class > 0 && at > 0 && combining(parts[at - 1]) > class; at--)
			parts[at] = parts[at - 1];
		parts[at] = part;
	}
}

/* In place; returns how many are left. */
static size_t compose(uint32_t *parts, size_t count)
{
	size_t kept = 0, letter = 0;
	for (size_t i = 0; i < count; i++) {
		unsigned class = combining(parts[i]), before = kept ? combining(parts[kept - 1]) : 0;
		bool is_next = kept == letter + 1 || (kept > letter + 1 && before > 0 && before < class);
		struct pair pair = { .first = parts[letter], .second = parts[i] };
		if (is_next && combining(parts[letter]) == 0 && find_pair(&pair)) {
			parts[letter] = pair.composite;
			continue;
		}
		if (class == 0)
			letter = kept;
		parts[kept++] = parts[i];
	}
	return kept;
}

static bool is_composed(const struct label *label)
{
	uint32_t parts[LETTERS_MAX * PARTS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < label->count; i++)
		count += take_apart(label->points[i], parts + count);
	sort_marks(parts, count);
	count = compose(parts, count);
	return count == label->count && memcmp(parts, label->points, count * sizeof *parts) == 0;
}

/* -- where a character may stand (RFC 5892, appendix A) ------------------------------------------------------------ */

static bool is_between(uint32_t point, uint32_t first, uint32_t last)
{
	return point >= first && point <= last;
}

static bool is_greek(uint32_t point)
{
	return is_between(point, 0x370, 0x3e1) || is_between(point, 0x3f0, 0x3ff) || is_between(point, 0x1f00, 0x1fff);
}

static bool is_hebrew(uint32_t point)
{
	return is_between(point, 0x591, 0x5f4);
}

static bool is_japanese(uint32_t point)
{
	return is_between(point, 0x3041, 0x3096) || is_between(point, 0x309d, 0x309f) ||
	       is_between(point, 0x30a1, 0x30fa) || is_between(point, 0x30fd, 0x30ff) ||
	       is_between(point, 0x31f0, 0x31ff) || point == 0x3005 || point == 0x3007 ||
	       is_between(point, 0x3400, 0x4dbf) || is_between(point, 0x4e00, 0x9fff) ||
	       is_between(point, 0xf900, 0xfaff) || is_between(point, 0x1aff0, 0x1b16f) ||
	       is_between(point, 0x20000, 0x3134f);
}

static bool has_between(const struct label *label, uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < label->count; i++)
		if (is_between(label->points[i], first, last))
			return true;
	return false;
}

/* A joiner between letters of which that is said by tables of how they join (Arabic) is refused. */
static bool stands_well(const struct label *label, size_t i)
{
	uint32_t point = label->points[i];
	uint32_t before = i > 0 ? label->points[i - 1] : 0, after = i + 1 < label->count ? label->points[i + 1] : 0;
	switch (point) {
	case 0x200c:
	case 0x200d:
		return combining(before) == VIRAMA;
	case 0xb7:
		return before == 'l' && after == 'l';
	case 0x375:
		return is_greek(after);
	case 0x5f3:
	case 0x5f4:
		return is_hebrew(before);
	case 0x30fb:
		for (size_t other = 0; other < label->count; other++)
			if (is_japanese(label->points[other]))
				return true;
		return false;
	default:
		return !(is_between(point, 0x660, 0x669) && has_between(label, 0x6f0, 0x6f9)) &&
		       !(is_between(point, 0x6f0, 0x6f9) && has_between(label, 0x660, 0x669));
	}
}

/* -- one label ----------------------------------------------------------------------------------------------------- */

static bool complain(char why[IDNA_WHY_SIZE], uint32_t point, const char *fault)
{
	char bytes[UTF8_SIZE + 1] = { 0 }, piece[SHOW_PIECE_SIZE];
	const char *at = bytes;
	bytes[utf8_write(point, bytes)] = '\0';
	size_t length = show_piece(&at, piece);
	snprintf(why, IDNA_WHY_SIZE, "'%.*s' (U+%04X) %s", (int)length, piece, (unsigned)point, fault);
	return false;
}

static bool say(char why[IDNA_WHY_SIZE], const char *fault)
{
	snprintf(why, IDNA_WHY_SIZE, "%s", fault);
	return false;
}

/* RFC 5891 §4.2, but for its directions. */
static bool check_label(const struct label *label, char why[IDNA_WHY_SIZE])
{
	const uint32_t *points = label->points;
	for (size_t i = 0; i < label->count; i++) {
		if (!find_kind(points[i]))
			return complain(
				why, points[i],
				"is not allowed in an international name, which is of small letters, marks and digits");
		if (!stands_well(label, i))
			return complain(why, points[i], "may not stand there in an international name");
	}
	if (find_kind(points[0])->is_mark)
		return complain(why, points[0], "is a mark, and belongs to a letter in front of it");
	if (points[0] == '-' || points[label->count - 1] == '-' ||
	    (label->count > 3 && points[2] == '-' && points[3] == '-'))
		return say(why, "an international name has no hyphen at either end of a label, nor two as its third "
				"and fourth character");
	if (!is_composed(label))
		return say(why, "a letter and its mark stand apart where one character is both (Unicode's form NFC)");
	return true;
}

/* True when it was written; `room` is of a label. */
static bool write_label(const struct label *label, char ret_text[HOST_LABEL_LENGTH], size_t *ret_length)
{
	memcpy(ret_text, "xn--", PREFIX);
	bool is_whole = punycode_encode(label->points, label->count, ret_text + PREFIX, HOST_LABEL_LENGTH - PREFIX,
					ret_length);
	*ret_length += PREFIX;
	return is_whole;
}

static bool has_prefix(const char *label, size_t length)
{
	return length > PREFIX && (label[0] | 0x20) == 'x' && (label[1] | 0x20) == 'n' && label[2] == '-' &&
	       label[3] == '-';
}

/* The letters of a label that begins with "xn--", if there is one way to write them and this is it. */
static bool read_ascii(const char *text, size_t length, struct label *ret_label, char why[IDNA_WHY_SIZE])
{
	char lower[HOST_LABEL_LENGTH], again[HOST_LABEL_LENGTH];
	size_t again_length;
	if (length > sizeof lower)
		return say(why, "a label has at most 63 characters");
	for (size_t i = 0; i < length; i++)
		lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
	if (!punycode_decode(lower + PREFIX, length - PREFIX, ret_label->points, LETTERS_MAX, &ret_label->count) ||
	    !has_between(ret_label, 0x80, UINT32_MAX) || !write_label(ret_label, again, &again_length) ||
	    again_length != length || memcmp(again, lower, length) != 0)
		return say(why, "what stands behind \"xn--\" are no letters of an international name");
	return check_label(ret_label, why);
}

/* The letters of a label in UTF-8. */
static bool read_letters(const char *text, size_t length, struct label *ret_label, char why[IDNA_WHY_SIZE])
{
	ret_label->count = 0;
	for (size_t at = 0, step; at < length; at += step) {
		uint32_t point;
		step = utf8_read(text + at, &point);
		if (step == 0)
			return say(why, "not UTF-8");
		if (ret_label->count == LETTERS_MAX)
			return say(why, "an international name's label is too long");
		ret_label->points[ret_label->count++] = point;
	}
	return check_label(ret_label, why);
}

/* -- names --------------------------------------------------------------------------------------------------------- */

static bool is_ascii(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

struct name {
	char text[HOST_NAME_SIZE];
	size_t length;
};

static bool add(struct name *name, const char *bytes, size_t length, char why[IDNA_WHY_SIZE])
{
	if (length > HOST_NAME_LENGTH - name->length)
		return say(why, "a name has at most 253 characters");
	memcpy(name->text + name->length, bytes, length);
	name->length += length;
	name->text[name->length] = '\0';
	return true;
}

static bool add_label(struct name *name, const char *text, size_t length, char why[IDNA_WHY_SIZE])
{
	char written[HOST_LABEL_LENGTH];
	struct label label;
	bool is_plain = is_ascii(text, length);
	if (is_plain && !has_prefix(text, length))
		return add(name, text, length, why);
	if (!(is_plain ? read_ascii(text, length, &label, why) : read_letters(text, length, &label, why)))
		return false;
	if (!write_label(&label, written, &length))
		return say(why, "an international name's label is too long");
	return add(name, written, length, why);
}

/* Of a label in ASCII whatever it stands for. */
static void read_points(const char *text, size_t length, struct label *ret_label)
{
	char why[IDNA_WHY_SIZE];
	if (has_prefix(text, length) && read_ascii(text, length, ret_label, why))
		return;
	ret_label->count = length < HOST_LABEL_LENGTH ? length : HOST_LABEL_LENGTH;
	for (size_t i = 0; i < ret_label->count; i++)
		ret_label->points[i] = (unsigned char)text[i];
}

static bool has_directions(const struct label *label)
{
	for (size_t i = 0; i < label->count; i++)
		if (direction(label->points[i]) == TO_LEFT || direction(label->points[i]) == ARABIC_NUMBER)
			return true;
	return false;
}

/* RFC 5893 §2: in a name with letters from right to left no label shows as another one. */
static bool is_directed(const struct label *label)
{
	enum direction first = direction(label->points[0]), last = first;
	unsigned met = 0;
	for (size_t i = 0; i < label->count; i++) {
		enum direction one = direction(label->points[i]);
		met |= 1u << one;
		last = one == MARK ? last : one;
	}
	if (first == TO_RIGHT)
		return !(met & (1u << TO_LEFT | 1u << ARABIC_NUMBER)) && (last == TO_RIGHT || last == NUMBER);
	return first == TO_LEFT && !(met & 1u << TO_RIGHT) && last != NEUTRAL &&
	       !(met & 1u << NUMBER && met & 1u << ARABIC_NUMBER);
}

static bool check_directions(const char *name, char why[IDNA_WHY_SIZE])
{
	struct label label;
	bool is_needed = false, is_fine = true;
	for (const char *at = name; *at; at += *at == '.') {
		size_t length = strcspn(at, ".");
		read_points(at, length, &label);
		is_needed |= has_directions(&label);
		is_fine &= label.count == 0 || is_directed(&label);
		at += length;
	}
	return is_fine || !is_needed ||
	       say(why, "a label mixes directions of writing, or begins or ends with what has none");
}

bool idna_to_ascii(const char *text, char ret_name[HOST_NAME_SIZE], char ret_why[IDNA_WHY_SIZE])
{
	struct name name = { .length = 0 };
	for (;;) {
		size_t length = strcspn(text, ".");
		if (!add_label(&name, text, length, ret_why))
			return false;
		text += length;
		if (!*text)
			break;
		if (!add(&name, text++, 1, ret_why))
			return false;
	}
	if (!check_directions(name.text, ret_why))
		return false;
	memcpy(ret_name, name.text, name.length + 1);
	return true;
}

bool idna_to_unicode(const char *name, char ret_text[IDNA_TEXT_SIZE])
{
	char text[IDNA_TEXT_SIZE], why[IDNA_WHY_SIZE];
	struct label label;
	size_t used = 0;
	bool is_international = false;
	for (size_t length; *name; name += length) {
		length = strcspn(name, ".");
		bool has_letters = has_prefix(name, length) && read_ascii(name, length, &label, why);
		length += name[length] == '.';
		if (used + length * UTF8_SIZE >= sizeof text)
			return false;
		if (!has_letters) {
			memcpy(text + used, name, length);
			used += length;
			continue;
		}
		is_international = true;
		for (size_t i = 0; i < label.count; i++)
			used += utf8_write(label.points[i], text + used);
		if (name[length - 1] == '.')
			text[used++] = '.';
	}
	text[used] = '\0';
	if (is_international)
		memcpy(ret_text, text, used + 1);
	return is_international;
}
