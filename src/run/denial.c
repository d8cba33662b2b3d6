#include "run/denial.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/show.h"
#include "os/os.h"
#include "policy/path.h"
#include "run/redact.h"
#include "run/remedy.h"

enum { TARGET_MAX = 1024, PROGRAM_MAX = 256, TYPED_MAX = 512, ARGUMENTS_MAX = 32 };

static const struct {
	const char *name;
	const char *phrase; /* after "refused to" */
	bool is_of_name;    /* the directory's entry changes */
} acts[] = {
	[ACT_WRITE] = { "write", "write", false },
	[ACT_CREATE] = { "create", "create", true },
	[ACT_DELETE] = { "delete", "delete", true },
	[ACT_RENAME] = { "rename", "rename", true },
	[ACT_ATTRIBUTES] = { "attributes", "change the attributes of", false },
	[ACT_CONNECT] = { "connect", "connect to", false },
	[ACT_READ] = { "read", "read", false },
};

const char *act_name(enum act act)
{
	return acts[act].name;
}

static void clear(struct denial *denial)
{
	free(denial->landing);
	free(denial->heard);
	free(denial->target);
	free(denial->asked);
	free(denial->program);
	free(denial->arguments);
	free(denial->would_allow);
	*denial = (struct denial){ 0 };
}

void denials_clear(struct denials *denials)
{
	for (unsigned i = 0; i < denials->count; i++)
		clear(&denials->items[i]);
	denials->count = 0;
}

/* -- judging -------------------------------------------------------------------------------------------------- */

const struct plan_mount *denial_find_own(const struct plan *plan, const char *path)
{
	const struct plan_mount *deepest = NULL;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		if (os_lies_below(path, mount->path) && (!deepest || strlen(mount->path) >= strlen(deepest->path)))
			deepest = mount;
	}
	bool is_own = deepest && (deepest->kind == MOUNT_PRIVATE || deepest->kind == MOUNT_PROC ||
				  deepest->kind == MOUNT_DEVICES || deepest->kind == MOUNT_LAYER);
	return is_own ? deepest : NULL;
}

/* A visible directory stands there: making it fails with EEXIST, cordon or not (mkdir -p tries them all). */
static bool is_there_already(const struct plan *plan, enum act act, const char *landing)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	char *found;
	enum path_type type;
	if (act != ACT_CREATE || plan->facts->assumed || !os_find_landing(landing, &found, &type, &ignored))
		return false;
	free(found);
	return type == PATH_DIRECTORY;
}

/* The verdict that refuses the act; false when none does. */
static bool is_refused(const struct plan *plan, enum act act, const char *landing, struct verdict *ret_verdict)
{
	struct verdict verdict = policy_decide_path(plan->policy, landing);
	if (denial_find_own(plan, landing))
		return false;
	if (act == ACT_READ) {
		*ret_verdict = verdict;
		return verdict.access == ACCESS_NONE;
	}
	if (verdict.access == ACCESS_READ && is_there_already(plan, act, landing))
		return false;
	if (verdict.access != ACCESS_WRITE) {
		*ret_verdict = verdict;
		return true;
	}
	if (!acts[act].is_of_name)
		return false;
	CORDON_ON_EXIT(free_text) char *parent = path_directory(plan->target, landing);
	if (!parent || denial_find_own(plan, parent))
		return false;
	verdict = policy_decide_path(plan->policy, parent);
	*ret_verdict = verdict;
	return verdict.access != ACCESS_WRITE;
}

/* A refusal inside something writable is protection; elsewhere the root as a whole is not writable. */
static enum guarantee guarantee_of(const struct policy *policy, const char *landing)
{
	CORDON_ON_EXIT(free_text) char *above = strdup(landing);
	for (char *slash = above ? strrchr(above, '/') : NULL; slash && slash != above; slash = strrchr(above, '/')) {
		*slash = '\0';
		if (policy_decide_path(policy, above).access == ACCESS_WRITE)
			return GUARANTEE_FILES_PROTECT;
	}
	return GUARANTEE_FILES_WRITE;
}

/* -- keeping -------------------------------------------------------------------------------------------------- */

/* The string as it may be shown, at most `limit` bytes of it. */
static char *shown(const char *string, size_t limit)
{
	struct text text = { 0 };
	/* No byte is shown as less than one: what lies behind the limit would be cut anyway. */
	CORDON_ON_EXIT(free_text) char *head = text_format("%.*s", (int)limit + 4, string);
	if (!head)
		return NULL;
	show_add(&text, head);
	if (text.length > limit) {
		size_t length = limit;
		while (length > 0 && ((unsigned char)text.bytes[length] & 0xc0) == 0x80)
			length--;
		text.length = length;
		text_add(&text, "…");
	}
	return text_take(&text);
}

static struct denial *find(struct denials *denials, const struct cage_event *event, uint64_t hash)
{
	for (unsigned i = 0; i < denials->count; i++) {
		struct denial *denial = &denials->items[i];
		if (denial->hash == hash && denial->act == event->denied.act &&
		    denial->reason == event->denied.reason && strcmp(denial->landing, event->denied.landing) == 0)
			return denial;
	}
	return NULL;
}

/* A hidden name that somebody has tried to read: when it was tried in another way as well, that says more. */
static bool is_known_better(const struct denials *denials, const struct cage_event *event)
{
	if (event->denied.act != ACT_READ || event->denied.pid != 0)
		return false;
	for (unsigned i = 0; i < denials->count; i++)
		if (denials->items[i].act != ACT_CONNECT &&
		    os_lies_below(denials->items[i].landing, event->denied.landing))
			return true;
	return false;
}

/* A place for one more: the first ones stay, the last ones make room for each other. */
static struct denial *make_room(struct denials *denials)
{
	denials->distinct++;
	if (denials->count < DENIALS_MAX) {
		denials->last = denials->count;
		return &denials->items[denials->count++];
	}
	denials->last = DENIALS_FIRST + (unsigned)(denials->dropped++ % DENIALS_LAST);
	clear(&denials->items[denials->last]);
	return &denials->items[denials->last];
}

/* What to know before the remedy is followed. */
static const char *find_danger(const struct denial *denial, const struct facts *facts)
{
	if (denial->access == ACCESS_NONE)
		return "shows or gives what is kept from commands: keys, credentials, a person's own files";
	if (denial->guarantee == GUARANTEE_FILES_PROTECT)
		return "programs outside execute or trust what is there: the command could take them over";
	if (facts->home && os_lies_below(facts->home, denial->landing))
		return "holds start-up files and settings that programs outside execute";
	return NULL;
}

/* Strings one behind the other become a list, without what looks like a secret. */
static char **copy_arguments(const char *bytes, size_t length)
{
	CORDON_ON_EXIT(free_text) char *copy = malloc(length + 1);
	char *list[ARGUMENTS_MAX + 1];
	size_t count = 0;
	if (!copy || length == 0)
		return NULL;
	memcpy(copy, bytes, length);
	copy[length] = '\0';
	for (size_t at = 0; at < length && count < ARGUMENTS_MAX; at += strlen(copy + at) + 1)
		list[count++] = copy + at;
	list[count] = NULL;
	return redact_arguments(list);
}

static void fill_file(struct denial *denial, const struct plan *plan)
{
	const char *landing = denial->landing;
	if (denial->reason) { /* whatever the rules say */
		denial->guarantee = GUARANTEE_FILES_PROTECT;
		return;
	}
	const struct remedy_request request = {
		.landing = landing,
		.wanted = denial->act == ACT_READ ? ACCESS_READ : ACCESS_WRITE,
		.wants_name = acts[denial->act].is_of_name,
		.is_directory = denial->act == ACT_CREATE,
		.is_removed = denial->act == ACT_DELETE || denial->act == ACT_RENAME,
	};
	denial->guarantee = denial->act == ACT_READ ? GUARANTEE_FILES_READ : guarantee_of(plan->policy, landing);
	/* A remedy that is cut would grant something else. */
	if (strlen(landing) <= TYPED_MAX)
		denial->would_allow = remedy_find(plan->policy, plan->facts, &request);
	if (denial->would_allow)
		denial->danger = find_danger(denial, plan->facts);
}

static void fill_connection(struct denial *denial, const struct plan *plan)
{
	denial->guarantee = denial->landing[0] == '/'           ? GUARANTEE_IPC
			    : plan->network == NETWORK_FILTERED ? GUARANTEE_NET_FILTERED
								: GUARANTEE_NET_OFF;
	if (!denial->reason)
		denial->would_allow = remedy_find_network(plan->policy, plan->facts, denial->landing);
	if (denial->would_allow && strcmp(denial->would_allow, "--net open") == 0)
		denial->danger = "opens the whole network, to which anything that can be read can be sent";
}

const struct denial *denials_added(const struct denials *denials)
{
	return denials->was_added ? &denials->items[denials->last] : NULL;
}

/* The strings that the event lends, one behind the other; false when memory is short. */
static bool keep_heard(struct denial *denial, const struct cage_event *event)
{
	const char *asked = event->denied.path ? event->denied.path : event->denied.landing;
	const char *program = event->denied.program ? event->denied.program : "";
	size_t asked_size = strlen(asked) + 1, program_size = strlen(program) + 1;
	denial->heard_length = asked_size + program_size + event->denied.arguments_length;
	denial->heard = malloc(denial->heard_length);
	if (!denial->heard)
		return false;
	memcpy(denial->heard, asked, asked_size);
	memcpy(denial->heard + asked_size, program, program_size);
	if (event->denied.arguments_length)
		memcpy(denial->heard + asked_size + program_size, event->denied.arguments,
		       event->denied.arguments_length);
	return true;
}

static bool complete(struct denial *denial, const struct plan *plan, struct cordon_error *err)
{
	if (denial->is_complete)
		return true;
	const char *asked = denial->heard, *program = asked + strlen(asked) + 1;
	const char *arguments = program + strlen(program) + 1;
	denial->is_complete = true;
	denial->target = shown(denial->landing, TARGET_MAX);
	denial->asked = strcmp(asked, denial->landing) != 0 ? shown(asked, TARGET_MAX) : NULL;
	denial->program = shown(program, PROGRAM_MAX);
	denial->arguments = copy_arguments(arguments, denial->heard_length - (size_t)(arguments - denial->heard));
	free(denial->heard);
	denial->heard = NULL;
	if (!denial->target || !denial->program)
		return cordon_fail_memory(err);
	if (denial->act == ACT_CONNECT)
		fill_connection(denial, plan);
	else
		fill_file(denial, plan);
	return true;
}

bool denials_complete(struct denials *denials, const struct plan *plan, struct cordon_error *err)
{
	for (unsigned i = 0; i < denials->count; i++)
		if (!complete(&denials->items[i], plan, err))
			return false;
	return true;
}

bool denials_add(struct denials *denials, const struct plan *plan, const struct cage_event *event,
		 struct cordon_error *err)
{
	enum act act = event->denied.act;
	struct verdict verdict = { ACCESS_NONE, NULL };
	denials->was_added = false;
	uint64_t hash = hash_text(event->denied.landing, strlen(event->denied.landing));
	struct denial *denial = find(denials, event, hash);
	if (denial) { /* judged before, and the policy is the same */
		denial->count++;
		return true;
	}
	if (is_known_better(denials, event))
		return true;
	if (act != ACT_CONNECT && event->denied.reason)
		verdict = policy_decide_path(plan->policy, event->denied.landing);
	else if (act == ACT_CONNECT ? plan->network == NETWORK_OPEN
				    : !is_refused(plan, act, event->denied.landing, &verdict))
		return true;

	struct denial made = {
		.act = act,
		.landing = strdup(event->denied.landing),
		.hash = hash,
		.pid = event->denied.pid,
		.reason = event->denied.reason,
		.access = verdict.access,
		.count = 1,
	};
	if (verdict.rule) {
		made.origin = verdict.rule->origin;
		made.pattern = verdict.rule->pattern;
	} else {
		policy_network_mode(plan->policy, &made.origin);
	}
	if (!made.landing || !keep_heard(&made, event)) {
		clear(&made);
		return cordon_fail_memory(err);
	}
	denial = make_room(denials);
	*denial = made;
	bool is_nobodys = made.act == ACT_READ && made.pid == 0;
	if (!is_nobodys || denials->count == 1)
		denials->blamed = denials->last;
	denials->was_added = denials->distinct <= DENIALS_MAX;
	return !denials->was_added || complete(denial, plan, err);
}

/* -- telling -------------------------------------------------------------------------------------------------- */

void denial_explain(const struct denial *denial, const char *home, struct text *text)
{
	text_addf(text, "refused to %s ", acts[denial->act].phrase);
	show_add_path(text, denial->target, home);
	if (denial->reason) {
		text_addf(text, ": %s", denial->reason);
	} else if (denial->act == ACT_CONNECT) {
		text_addf(text, ": the network is %s", denial->guarantee == GUARANTEE_NET_OFF ? "off" : "filtered");
	} else {
		text_addf(text, ": %s, by \"", denial->access == ACCESS_NONE ? "hidden" : "read-only");
		show_add(text, denial->pattern);
		text_add_char(text, '"');
	}
	text_add(text, " (");
	origin_add(text, &denial->origin, home);
	text_add_char(text, ')');
	if (denial->would_allow) {
		text_add(text, "; to allow: ");
		text_add(text, denial->would_allow);
	}
}
