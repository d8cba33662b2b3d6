#include "policy/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"
#include "policy/take.h"

#define FILES HELD_BY_FILES
#define GRANT (HELD_BY_FILES | HELD_BY_FLAGS)
#define MANAGED (HELD_BY_FILES | HELD_BY_FLAGS | HELD_BY_MANAGED)
#define ANY (HELD_BY_FILES | HELD_BY_FLAGS | HELD_BY_MANAGED | HELD_BY_PROJECT)
#define ANY_FILE (HELD_BY_FILES | HELD_BY_MANAGED | HELD_BY_PROJECT)

/* -- how values are written -------------------------------------------------------------------------------------- */

/* Numbers have no leading zeros in JSON; in strings the readers of values.c let them pass. */
#define NUMBER "0*[1-9][0-9]*"
#define PORT "(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
/* Letters, digits and '_', and whatever is not in ASCII (base/idna.h is exact); with hyphens inside. */
#define LETTER "[^\\x00-/:-@\\[-^`{-\\x7f]"
#define LABEL LETTER "([^\\x00-,./:-@\\[-^`{-\\x7f]{0,61}" LETTER ")?"
/* Resolvers take a last label without a letter, or one such as 0x7f, for a number. */
#define HOST_NAME "(" LABEL "\\.)*(?!0[xX])(?=[0-9-]*[^\\x00-@\\[-^`{-\\x7f])" LABEL
#define BYTE "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define ADDRESS \
	BYTE "(\\." BYTE "){3}(/(3[0-2]|[12]?[0-9]))?|" \
	     "\\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\\](/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"
#define ANYTHING "^[\\s\\S]+$"

static const struct form version_form = { .least = "1", .most = "1", .is_whole = true };
static const struct form extends_form = {
	.words = (const char *const[]){ "workspace", "read-only", "strict", "open-network", NULL },
	.pattern = "[./\\\\]",
};
static const struct form access_form = {
	.words = (const char *const[]){ "none", "read", "write", NULL }, /* in the order of enum access */
	.name_pattern = ANYTHING,
};
static const struct form mode_form = {
	.words = (const char *const[]){ "off", "filtered", "open", NULL }, /* of enum network_mode */
};
static const struct form host_form = { .pattern = "^((\\*\\.)?" HOST_NAME "|" ADDRESS ")(:" PORT ")?$" };
static const struct form port_form = { .least = "1", .most = "65535", .is_whole = true };

#define SIZE_UNITS "(KiB|MiB|GiB|TiB)?"
#define SIZE_NUMBERS .least = "1", .most = "9223372036854775807", .is_whole = true
static const struct form memory_form = {
	.pattern = "^(" NUMBER SIZE_UNITS "|0*([1-9][0-9]?|100)%)$",
	SIZE_NUMBERS,
};
static const struct form size_form = { .pattern = "^" NUMBER SIZE_UNITS "$", SIZE_NUMBERS };
static const struct form duration_form = { .pattern = "^" NUMBER "(ms|s|m|h)$" };
static const struct form processors_form = {
	.pattern = "^(?=.*[1-9])[0-9]+(\\.[0-9]{1,3})?$",
	.least = "0.001",
	.most = "100000.999",
};
static const struct form count_form = {
	.pattern = "^" NUMBER "$",
	.least = "1",
	.most = "2147483647",
	.is_whole = true,
};

static const struct form inherited_form = {
	.words = (const char *const[]){ "all", NULL },
	.pattern = "^[^=\\x00-\\x1f]+$",
};
static const struct form removed_form = { .pattern = "^[^=\\x00-\\x1f]+$" };
static const struct form variable_form = { .pattern = "", .name_pattern = "^[^=*\\x00-\\x1f]+$" };
static const struct form guarantee_form = { .is_guarantee = true };

/* -- the table -------------------------------------------------------------------------------------------------- */

const struct key policy_keys[] = {
	{ "", SHAPE_GROUP, ANY_FILE, NULL, 0, NULL, "what a command may do" },
	{ "version", SHAPE_VALUE, ANY_FILE, take_version, 0, &version_form, "the language's version: 1" },
	{ "extends", SHAPE_VALUE, FILES, take_extends, 0, &extends_form,
	  "what this policy is laid on: a preset, or a path relative to this file" },
	{ "files", SHAPE_MAP, ANY, take_file, 0, &access_form,
	  "paths and globs, each \"none\", \"read\" or \"write\"" },

	{ "network", SHAPE_GROUP, ANY_FILE, NULL, 0, NULL, "what may be reached" },
	{ "network.mode", SHAPE_VALUE, MANAGED, take_mode, 0, &mode_form, "\"off\", \"filtered\" or \"open\"" },
	{ "network.allow", SHAPE_LIST, MANAGED, take_allowed_host, 0, &host_form,
	  "hosts that may be reached: HOST[:PORT], *.HOST[:PORT]" },
	{ "network.deny", SHAPE_LIST, ANY, take_denied_host, 0, &host_form,
	  "hosts that may not be reached, whatever allows them" },
	{ "network.listen", SHAPE_LIST, MANAGED, take_port, 0, &port_form,
	  "ports inside that the host's loopback may reach" },

	{ "limits", SHAPE_GROUP, ANY_FILE, NULL, 0, NULL, "resources of the whole run" },
	{ "limits.memory", SHAPE_VALUE, ANY, take_limit, LIMIT_MEMORY, &memory_form,
	  "memory: \"4GiB\", bytes, or a share of the machine's such as \"75%\"" },
	{ "limits.cpus", SHAPE_VALUE, ANY, take_limit, LIMIT_CPUS, &processors_form,
	  "processors used at once: 2, 0.5" },
	{ "limits.cpu_time", SHAPE_VALUE, ANY, take_limit, LIMIT_CPU_TIME, &duration_form,
	  "processor time of all processes: \"10m\"" },
	{ "limits.wall_time", SHAPE_VALUE, ANY, take_limit, LIMIT_WALL_TIME, &duration_form,
	  "how long the run may take: \"30m\"" },
	{ "limits.processes", SHAPE_VALUE, ANY, take_limit, LIMIT_PROCESSES, &count_form,
	  "processes and threads at once" },
	{ "limits.open_files", SHAPE_VALUE, ANY, take_limit, LIMIT_OPEN_FILES, &count_form,
	  "open files of each process" },
	{ "limits.file_size", SHAPE_VALUE, ANY, take_limit, LIMIT_FILE_SIZE, &size_form, "size of one file: \"2GiB\"" },
	{ "limits.disk", SHAPE_VALUE, ANY, take_limit, LIMIT_DISK, &size_form, "bytes written and kept: \"10GiB\"" },
	{ "limits.output", SHAPE_VALUE, ANY, take_limit, LIMIT_OUTPUT, &size_form, "bytes of output: \"64MiB\"" },

	{ "environment", SHAPE_GROUP, ANY_FILE, NULL, 0, NULL, "the command's environment" },
	{ "environment.inherit", SHAPE_EITHER, MANAGED, take_inherited, 0, &inherited_form,
	  "\"all\", or names and patterns that are passed on" },
	{ "environment.remove", SHAPE_LIST, ANY, take_removed, 0, &removed_form,
	  "names and patterns that are not passed on" },
	{ "environment.set", SHAPE_MAP, GRANT, take_variable, 0, &variable_form, "variables and their values" },

	{ "sockets", SHAPE_GROUP, ANY_FILE & ~HELD_BY_PROJECT, NULL, 0, NULL, "named host sockets" },
	{ "sockets.allow", SHAPE_LIST, ANY_FILE & ~HELD_BY_PROJECT, take_socket, 0, NULL, "reserved: must be empty" },
	{ "accept", SHAPE_LIST, MANAGED, take_accepted, 0, &guarantee_form,
	  "guarantees that may be partial on this host (\"limits.memory\") or absent (\"net.off=absent\")" },
	{ NULL, SHAPE_GROUP, 0, NULL, 0, NULL, NULL },
};

const struct key *key_find(const char *path)
{
	for (const struct key *key = policy_keys; key->path; key++)
		if (strcmp(key->path, path) == 0)
			return key;
	return NULL;
}

bool key_may_stand_in(const struct key *key, enum layer layer)
{
	static const unsigned holders[] = {
		[LAYER_PRESET] = HELD_BY_FILES, [LAYER_USER] = HELD_BY_FILES,      [LAYER_POLICY] = HELD_BY_FILES,
		[LAYER_FLAGS] = HELD_BY_FLAGS,  [LAYER_MANAGED] = HELD_BY_MANAGED, [LAYER_PROJECT] = HELD_BY_PROJECT,
	};
	return key->holders & holders[layer];
}

const char *key_name(const struct key *key)
{
	const char *dot = strrchr(key->path, '.');
	return dot ? dot + 1 : key->path;
}

bool key_is_in(const struct key *key, const struct key *group)
{
	size_t length = strlen(group->path);
	if (length == 0)
		return key->path[0] && !strchr(key->path, '.');
	return strncmp(key->path, group->path, length) == 0 && key->path[length] == '.';
}

const struct key *key_find_in(const struct key *group, const char *name)
{
	for (const struct key *key = policy_keys; key->path; key++)
		if (key_is_in(key, group) && strcmp(key_name(key), name) == 0)
			return key;
	return NULL;
}

/* -- nearest names ---------------------------------------------------------------------------------------------- */

struct nearest {
	const char *given;
	const char *name;
	unsigned distance;
};

static void consider(struct nearest *nearest, const char *name, const char *candidate)
{
	unsigned distance = text_distance(nearest->given, candidate);
	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->name = name;
	}
}

/* Two slips in three letters are another word. */
static struct nearest start(const char *given)
{
	size_t length = strlen(given);
	return (struct nearest){ given, NULL, length < 4 ? 2 : length < 8 ? 3 : 4 };
}

static void list_name(struct hint *hint, const char *name)
{
	size_t length = strlen(hint->text);
	snprintf(hint->text + length, sizeof hint->text - length, "%s%s", length ? ", " : "; one of ", name);
}

static const char *suggest(struct hint *hint, const struct nearest *nearest)
{
	if (nearest->name)
		snprintf(hint->text, sizeof hint->text, "; did you mean '%s'?", nearest->name);
	return hint->text;
}

const char *hint_names(struct hint *hint, const char *given, const char *const *names)
{
	struct nearest nearest = start(given);
	hint->text[0] = '\0';
	for (; *names; names++) {
		consider(&nearest, *names, *names);
		list_name(hint, *names);
	}
	return suggest(hint, &nearest);
}

const char *hint_keys(struct hint *hint, const char *given, const struct key *group)
{
	struct nearest nearest = start(given);
	hint->text[0] = '\0';
	for (const struct key *key = policy_keys; key->path; key++) {
		if (!key_is_in(key, group))
			continue;
		consider(&nearest, key_name(key), key_name(key));
		list_name(hint, key_name(key));
	}
	/* "memory" at the top belongs into "limits". */
	if (!nearest.name) {
		nearest.distance = 2;
		for (const struct key *key = policy_keys; key->path; key++)
			if (key->shape != SHAPE_GROUP && strchr(key->path, '.'))
				consider(&nearest, key->path, key_name(key));
	}
	return suggest(hint, &nearest);
}
