#include "run/settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "policy/path.h"

enum { POLICY_BYTES_MAX = 1024 * 1024, EXTENDS_MAX = 16 };

#define DEFAULT_PRESET "workspace"

/* One policy file, read and found good. */
struct source_text {
	enum layer layer;
	char *file;
	char *folder;
	char *bytes;
	size_t length;
};

struct flag {
	char *flag, *key;
	char *name;     /* NULL where the key has none */
	char *absolute; /* of a file's name: as it is on this host */
	char *value;
};

struct settings {
	struct {
		struct source_text *items;
		size_t count, room;
	} texts; /* what is extended stands before what extends it */
	struct {
		struct flag *items;
		size_t count, room;
	} flags;
	bool has_preset;        /* asked for, by name or as the default */
	char *preset;           /* by name; NULL: the default */
	char *extended_by_user; /* the preset on which the user's file stands */
	char *extended;         /* …and on which the files do */
};

struct settings *settings_new(void)
{
	return calloc(1, sizeof(struct settings));
}

static void free_source(struct source_text *source)
{
	free(source->file);
	free(source->folder);
	free(source->bytes);
}

static void free_flag(struct flag *flag)
{
	free(flag->flag);
	free(flag->key);
	free(flag->name);
	free(flag->absolute);
	free(flag->value);
}

struct settings *settings_free(struct settings *settings)
{
	if (!settings)
		return NULL;
	for (size_t i = 0; i < settings->texts.count; i++)
		free_source(&settings->texts.items[i]);
	for (size_t i = 0; i < settings->flags.count; i++)
		free_flag(&settings->flags.items[i]);
	free(settings->texts.items);
	free(settings->flags.items);
	free(settings->preset);
	free(settings->extended_by_user);
	free(settings->extended);
	free(settings);
	return NULL;
}

/* -- files ---------------------------------------------------------------------------------------------------- */

static bool read_source(enum layer layer, const char *path, struct source_text *source, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	source->layer = layer;
	if (!os_absolute(path, &source->file, err) || !os_read_file(source->file, POLICY_BYTES_MAX, &text, err))
		return cordon_while(err, "policy");

	source->folder = path_directory(os_target(), source->file);
	source->length = text.length;
	source->bytes = text_take(&text);
	return (source->folder && source->bytes) || cordon_fail_memory(err);
}

/* Reads the text on its own, so that an error in it is found before anything is taken over. */
static bool check_source(const struct source_text *source, char **ret_extends, struct cordon_error *err)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(os_target());
	if (!policy)
		return cordon_fail_memory(err);
	if (!policy_add_text(policy, source->layer, source->file, source->folder, source->bytes, source->length, err))
		return false;
	const char *extends = policy_extends(policy);
	char *copy = extends ? strdup(extends) : NULL;
	if (extends && !copy)
		return cordon_fail_memory(err);
	*ret_extends = copy;
	return true;
}

/* The files of one chain, from the one that was named down to what it extends at last. */
struct chain {
	struct source_text sources[EXTENDS_MAX];
	size_t count;
	char *preset; /* at the end of it; NULL: none */
};

static void chain_free(struct chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		free_source(&chain->sources[i]);
	free(chain->preset);
}

static bool check_circle(const struct chain *chain, struct cordon_error *err)
{
	const struct source_text *last = &chain->sources[chain->count - 1];
	for (size_t i = 0; i + 1 < chain->count; i++)
		if (strcmp(chain->sources[i].file, last->file) == 0)
			return cordon_fail_at(err, chain->sources[chain->count - 2].file, 0, 0,
					      "'%s' extends itself: the files extend one another in a circle",
					      last->file);
	return true;
}

static bool read_chain(enum layer layer, const char *path, struct chain *chain, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *next = strdup(path);
	if (!next)
		return cordon_fail_memory(err);
	for (;;) {
		size_t ignored;
		if (chain->count == EXTENDS_MAX)
			return cordon_fail_at(err, chain->sources[EXTENDS_MAX - 1].file, 0, 0,
					      "more than %d policies extend one another", EXTENDS_MAX);
		struct source_text *source = &chain->sources[chain->count++];
		*source = (struct source_text){ 0 };
		if (!read_source(layer, next, source, err))
			return chain->count > 1 &&
			       cordon_while(err, "'%s' extends '%s'", chain->sources[chain->count - 2].file, next);
		if (!check_circle(chain, err))
			return false;

		free(cordon_take(&next));
		if (!check_source(source, &next, err))
			return false;
		if (!next)
			return true;
		if (preset_find(next, &ignored)) {
			chain->preset = cordon_take(&next);
			return true;
		}
	}
}

/* A file that names another preset than --preset would void one of the two in silence. */
static bool take_preset(struct settings *settings, struct chain *chain, enum layer layer, struct cordon_error *err)
{
	if (!chain->preset)
		return true;
	if (layer == LAYER_USER) {
		free(settings->extended_by_user);
		settings->extended_by_user = cordon_take(&chain->preset);
		return true;
	}
	const char *other = settings->extended ? settings->extended : settings->preset;
	if (other && strcmp(other, chain->preset) != 0)
		return cordon_fail_at(err, chain->sources[chain->count - 1].file, 0, 0,
				      "extends the preset '%s', and '%s' was asked for as well; leave one out",
				      chain->preset, other);
	free(settings->extended);
	settings->extended = cordon_take(&chain->preset);
	return true;
}

static bool load_file(struct settings *settings, enum layer layer, const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(chain_free) struct chain chain = { .count = 0 };
	if (!read_chain(layer, path, &chain, err) || !take_preset(settings, &chain, layer, err))
		return false;
	while (chain.count > 0) {
		struct source_text *kept = LIST_ADD(&settings->texts);
		if (!kept)
			return cordon_fail_memory(err);
		*kept = chain.sources[--chain.count];
	}
	return true;
}

static bool load_user(struct settings *settings, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *user = NULL;
	CORDON_ON_EXIT(free_text) char *managed = NULL;
	if (!os_policy_files(&user, &managed, err))
		return false;
	return !os_exists(user) || load_file(settings, LAYER_USER, user, err);
}

static bool load_preset(struct settings *settings, const char *name, struct cordon_error *err)
{
	size_t ignored;
	if (settings->has_preset)
		return cordon_fail(err, CORDON_BAD_USAGE, "a run has one preset");
	if (name && !preset_find(name, &ignored))
		return cordon_fail(err, CORDON_BAD_USAGE, "no preset '%s'; there are %s", name, preset_names());
	if (name && settings->extended && strcmp(name, settings->extended) != 0)
		return cordon_fail(err, CORDON_BAD_USAGE, "preset '%s': the policy file extends '%s'; leave one out",
				   name, settings->extended);
	if (name) {
		settings->preset = strdup(name);
		if (!settings->preset)
			return cordon_fail_memory(err);
	}
	settings->has_preset = true;
	return true;
}

bool settings_load(struct settings *settings, enum source source, const char *name, struct cordon_error *err)
{
	switch (source) {
	case SOURCE_PRESET:
		return load_preset(settings, name, err);
	case SOURCE_FILE:
		return load_file(settings, LAYER_POLICY, name, err);
	case SOURCE_USER:
		return load_user(settings, err);
	}
	return cordon_fail(err, CORDON_BAD_USAGE, "%d is no source of rules", (int)source);
}

/* -- flags ---------------------------------------------------------------------------------------------------- */

static bool copy_text(const char *from, char **ret_copy, struct cordon_error *err)
{
	*ret_copy = from ? strdup(from) : NULL;
	return !from || *ret_copy || cordon_fail_memory(err);
}

/* A flag names one path. Who quotes a wildcard means a pattern, which would hold nothing here. */
static bool find_path(const char *flag, const char *name, char **ret_path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = NULL;
	if (!os_absolute(name, &path, err))
		return cordon_while(err, "%s", flag);
	if (strchr(name, '*') && !os_exists(path))
		return cordon_fail(err, CORDON_BAD_USAGE,
				   "%s: there is no '%s'; wildcards are for policy files (--policy)", flag, name);
	*ret_path = cordon_take(&path);
	return true;
}

bool settings_set(struct settings *settings, const char *flag, const char *key, const char *name, const char *value,
		  struct cordon_error *err)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(os_target());
	CORDON_ON_EXIT(free_flag) struct flag added = { 0 };
	if (!policy)
		return cordon_fail_memory(err);
	if (strcmp(key, "files") == 0 && name && !find_path(flag, name, &added.absolute, err))
		return false;
	if (!policy_set(policy, flag, key, added.absolute ? added.absolute : name, value, err))
		return false;
	if (!copy_text(flag, &added.flag, err) || !copy_text(key, &added.key, err) ||
	    !copy_text(name, &added.name, err) || !copy_text(value, &added.value, err))
		return false;

	struct flag *kept = LIST_ADD(&settings->flags);
	if (!kept)
		return cordon_fail_memory(err);
	*kept = added;
	added = (struct flag){ 0 };
	return true;
}

/* -- replay --------------------------------------------------------------------------------------------------- */

/* A preset, and beneath it those that it extends. */
static bool add_preset(struct policy *policy, const char *name, struct cordon_error *err)
{
	for (int i = 0; i < EXTENDS_MAX; i++) {
		if (!policy_add_preset(policy, name, err))
			return false;
		name = policy_extends(policy);
		if (!name)
			return true;
	}
	return cordon_fail(err, CORDON_BAD_POLICY, "the presets extend one another in a circle");
}

/* What stands beneath everything else, or NULL. */
static const char *choose_preset(const struct settings *settings)
{
	if (settings->extended)
		return settings->extended;
	if (settings->preset)
		return settings->preset;
	if (settings->extended_by_user)
		return settings->extended_by_user;
	return settings->has_preset ? DEFAULT_PRESET : NULL;
}

static bool add_flags(const struct settings *settings, const struct facts *facts, struct policy *policy,
		      struct cordon_error *err)
{
	for (size_t i = 0; i < settings->flags.count; i++) {
		const struct flag *flag = &settings->flags.items[i];
		const char *name = flag->absolute && !facts->assumed ? flag->absolute : flag->name;
		if (!policy_set(policy, flag->flag, flag->key, name, flag->value, err))
			return false;
	}
	return true;
}

bool settings_replay(const struct settings *settings, const struct facts *facts, struct policy *policy,
		     struct cordon_error *err)
{
	const char *preset = choose_preset(settings);
	if (preset && !add_preset(policy, preset, err))
		return false;
	for (size_t i = 0; i < settings->texts.count; i++) {
		const struct source_text *source = &settings->texts.items[i];
		const char *folder = facts->assumed ? facts->workspace : source->folder;
		if (!policy_add_text(policy, source->layer, source->file, folder, source->bytes, source->length, err))
			return false;
	}
	return add_flags(settings, facts, policy, err);
}

bool settings_add_bound(struct policy *policy, enum layer layer, const char *path, const struct facts *facts,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(free_source) struct source_text source = { .layer = layer };
	/* A project's file is the workspace's own: through a link, whose text would be quoted in errors? */
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	enum path_type type;
	if (layer == LAYER_PROJECT && !facts->assumed) {
		if (!os_find_landing(path, &landing, &type, err))
			return false;
		if (strcmp(landing, path) != 0)
			return cordon_fail(err, CORDON_BAD_POLICY, "'%s' is a link: put the file itself there", path);
	}
	if (!os_exists(path))
		return true;
	if (!read_source(layer, path, &source, err))
		return false;
	const char *folder = facts->assumed ? facts->workspace : source.folder;
	return policy_add_text(policy, layer, source.file, folder, source.bytes, source.length, err);
}
