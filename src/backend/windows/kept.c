#include "backend/windows/kept.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/scope.h"

static void add_sids(const char *name, const struct sid_list *list, struct text *text)
{
	text_add(text, name);
	/* How many roots there are makes no other token. */
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].role != SID_CAPABILITY || list->items[i].root == 0)
			text_addf(text, " %s", sid_role_name(list->items[i].role));
	text_add_char(text, '\n');
}

static void add_names(const char *name, const char *const *names, struct text *text)
{
	text_add(text, name);
	for (; names && *names; names++)
		text_addf(text, " %s", *names);
	text_add_char(text, '\n');
}

bool kept_shape(const struct plan_windows *windows, struct text *text)
{
	const struct windows_token *token = &windows->token;
	text_addf(text, "tier %s\ntoken %d%d%d%d %x\n", tier_name(windows->tier), token->drops_privileges,
		  token->drops_administrators, token->is_write_restricted, token->is_container,
		  (unsigned)token->integrity);
	add_sids("restricting", &token->restricting, text);
	add_sids("denying", &token->denying_only, text);
	add_sids("granting", &token->default_grants, text);
	add_names("capabilities", windows->capabilities, text);
	add_names("mitigations", windows->mitigations, text);
	text_addf(text, "station %d\n", windows->has_own_station);
	for (size_t i = 0; i < windows->filters.count; i++) {
		const struct windows_filter *filter = &windows->filters.items[i];
		text_addf(text, "filter %d %d %d %d %d %u\n", filter->permits, (int)filter->layer, filter->family,
			  filter->is_loopback, filter->is_gate, filter->port);
	}
	return text_ok(text);
}

/* The key goes in whole, behind its length: no other key makes the same beginning. */
static void add_head(const char *key, struct text *text)
{
	text_addf(text, "cordon-proved 1\nkey %zu\n%s\n", strlen(key), key);
}

/* Not against forgery: against a disk that lost a part. */
static void add_end(struct text *text)
{
	text_addf(text, "sum %016llx\nend\n", (unsigned long long)hash_text(text_str(text), text->length));
}

static const char *name_of(unsigned tiers)
{
	switch (tiers) {
	case TRIAL_ACCOUNT | TRIAL_CLOSED:
		return "account-closed";
	case TRIAL_ACCOUNT | TRIAL_GATED:
		return "account-gated";
	case TRIAL_ACCOUNT:
		return "account-open";
	case TRIAL_PACKAGE:
		return "appcontainer";
	case TRIAL_TOKEN:
		return "token";
	}
	return NULL;
}

static const struct word {
	const char *word;
	bool is_tried;
	enum trial_verdict verdict;
} words[] = {
	{ "held ", true, TRIAL_HELD },
	{ "done ", true, TRIAL_DONE },
	{ "odd ", true, TRIAL_ODD_ERROR },
	{ "absent ", false, TRIAL_NOT_HERE },
};

/* NULL: such a finding is not kept. Off the host there may be something by the next run. */
static const char *word_of(const struct trial_case *trial, unsigned tiers, const struct finding *finding)
{
	if (finding->is_tried ? trial_is_fatal(trial, tiers, finding->verdict) : trial->goes_out)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (words[i].is_tried == finding->is_tried && words[i].verdict == finding->verdict)
			return words[i].word;
	return NULL;
}

/* A trial is there by name, so that a build with another one does not believe it. */
static bool add_findings(unsigned tiers, const struct probing *probing, struct text *text)
{
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		if (!trial_is_of(trial, tiers))
			continue;
		const char *word = word_of(trial, tiers, &probing->findings[i]);
		if (!word)
			return false;
		text_addf(text, "%s%s\n", word, trial->name);
	}
	return true;
}

bool kept_drop(struct kept_store *store, unsigned tiers, struct cordon_error *err)
{
	const char *name = name_of(tiers);
	return !name || store->write(store, name, "", 0, err);
}

bool kept_put(struct kept_store *store, unsigned tiers, const char *key, const struct probing *probing,
	      struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	const char *name = name_of(tiers);
	if (!name || !probing->is_made || probing->why[0] || probing->tiers != tiers)
		return true;
	add_head(key, &text);
	if (!add_findings(tiers, probing, &text))
		return true;
	add_end(&text);
	return text_ok(&text) ? store->write(store, name, text_str(&text), text.length, err) : cordon_fail_memory(err);
}

static const struct word *find_word(const char *bytes)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_starts(bytes, words[i].word))
			return &words[i];
	return NULL;
}

/* What this build would have written with these findings is all that it reads. */
static bool read_findings(const char *bytes, unsigned tiers, struct probing *probing)
{
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		if (!trial_is_of(trial, tiers))
			continue;
		const struct word *word = find_word(bytes);
		if (!word)
			return false;
		probing->findings[i] = (struct finding){ word->verdict, word->is_tried };
		bytes += strlen(word->word);
		if (!text_starts(bytes, trial->name) || bytes[strlen(trial->name)] != '\n')
			return false;
		bytes += strlen(trial->name) + 1;
	}
	return true;
}

bool kept_find(struct kept_store *store, unsigned tiers, const char *key, struct probing *ret_probing)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(text_free) struct text wanted = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct probing probing = { .is_made = true, .tiers = tiers };
	const char *name = name_of(tiers);
	bool is_ours = false;
	if (!name || !store->read(store, name, &bytes, &is_ours, &ignored) || !is_ours)
		return false;
	add_head(key, &wanted);
	if (!text_ok(&wanted) || !text_starts(text_str(&bytes), text_str(&wanted)) ||
	    !read_findings(text_str(&bytes) + wanted.length, tiers, &probing) ||
	    !add_findings(tiers, &probing, &wanted))
		return false;
	add_end(&wanted);
	if (!text_ok(&wanted) || bytes.length != wanted.length ||
	    memcmp(text_str(&bytes), text_str(&wanted), wanted.length) != 0)
		return false;
	*ret_probing = probing;
	return true;
}
