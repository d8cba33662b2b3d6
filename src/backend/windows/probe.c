/* Tries a tier live: the same acts outside and inside, on what staging.c lays out.
 *
 * Where the tier cannot be had, a write-restricted token of the user's own takes its place: what every tier rests on is
 * tried on every host, so that one which says yes to everything is found out.
 */
#include "backend/windows/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/probe_console.h"
#include "backend/windows/probe_plan.h"
#include "backend/windows/probe_sibling.h"
#include "backend/windows/rounds.h"
#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"

#include <tlhelp32.h>

enum {
	PROBER_MS = 60000,
	END_MS = 30000,
	ANSWERS_MAX = 16384,
	PACKAGES_MAX = 16,
	ROOTS = 2 /* its own and a sibling's */
};

_Static_assert(TRIAL_ACCOUNT == 1u << TIER_ACCOUNT && TRIAL_PACKAGE == 1u << TIER_APPCONTAINER &&
		       TRIAL_TOKEN == 1u << TIER_TOKEN,
	       "trial.h counts the tiers in another order");

struct probe {
	const struct plan *plan;
	struct probing *probing;
	struct staging staging;
	struct identities identities;
	const struct windows_token *recipe;
	char package_name[PACKAGE_NAME_SIZE];
	struct packages *packages;
	struct package_claim *claim;
	SECURITY_CAPABILITIES package;
	struct account_child child; /* of the account tier, from its claim until what is inside has ended */
	bool is_in_account, has_child;
	SOCKET gate; /* listens where the account's filters let it go; 0: there is none */
	unsigned gate_port;
	HANDLE token; /* of the inside's, but in the account tier */
	struct trial_answer answers[SIDES][TRIALS_MAX];
	bool has_survivor[SIDES];
	struct sibling sibling; /* where somebody else's run is not the user's */
};

static void free_probe(struct probe *probe)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	close_handle(&probe->token);
	account_child_end(&probe->child);
	if (probe->gate && probe->gate != INVALID_SOCKET)
		closesocket(probe->gate);
	sibling_end(&probe->sibling);
	staging_free(&probe->staging);
	if (probe->claim)
		(void)!package_close(probe->packages, probe->package_name, probe->claim, &ignored);
	profiles_free(probe->packages);
	identities_free(&probe->identities);
}

/* -- what is granted ----------------------------------------------------------------------------------------------- */

static struct windows_sid find(const void *context, struct sid sid)
{
	const struct probe *probe = context;
	bool is_siblings = sid.role == SID_PACKAGE && sid.root == 1;
	PSID found = is_siblings ? probe->sibling.identities.roles[SID_PACKAGE]
				 : identities_find(&probe->identities, sid);
	return found ? (struct windows_sid){ found, (uint16_t)GetLengthSid(found) } : (struct windows_sid){ 0 };
}

static bool is_cordons(const void *context, struct windows_sid sid)
{
	(void)context;
	(void)sid;
	return false;
}

static void free_objects(struct windows_object_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].path);
	free(list->items);
}

/* Takes over the path. */
static bool add_object(const struct probe_object *planned, char *path, struct windows_object_list *list)
{
	struct windows_object *object = path ? LIST_ADD(list) : NULL;
	if (!object) {
		free(path);
		return false;
	}
	*object = (struct windows_object){
		.path = path,
		.type = planned->path ? PATH_DIRECTORY : PATH_FILE,
		.is_cut = planned->is_cut,
		.drops_everyone = planned->drops_everyone,
		.label = planned->label,
		.entries = planned->entries,
	};
	return true;
}

static bool add_objects(const struct staging *staging, unsigned tiers, struct windows_object_list *list)
{
	for (size_t i = 0; i < probe_object_count; i++) {
		const struct probe_object *planned = &probe_objects[i];
		if (!(planned->tiers & tiers))
			continue;
		bool are_added = planned->path
					 ? add_object(planned,
						      text_format("%s\\%s", staging->sides[INSIDE], planned->path),
						      list)
					 : add_object(planned, strdup(staging->programs[INSIDE]), list) &&
						   add_object(planned, strdup(staging->sibling), list);
		if (!are_added)
			return false;
	}
	return true;
}

/* By the same code as a run's, with a journal in the probe's own folder, which goes with it. */
static bool grant(struct probe *probe, struct cordon_error *err)
{
	CORDON_ON_EXIT(windows_store_close_at) struct windows_store *store = NULL;
	CORDON_ON_EXIT(free_objects) struct windows_object_list list = { 0 };
	const struct staging *staging = &probe->staging;
	const struct who who = { find, is_cordons, probe };
	if (!add_objects(staging, probe->probing->tiers, &list))
		return cordon_fail_memory(err);
	CORDON_ON_EXIT(free_text) char *siblings = text_format("%s\\sibling", staging->sides[INSIDE]);
	struct windows_root roots[ROOTS] = { { .path = staging->root }, { .path = siblings } };
	const struct plan_windows windows = { .objects = list, .roots = { roots, ROOTS, ROOTS } };
	if (!siblings)
		return cordon_fail_memory(err);
	if (!windows_store_open(staging->folder, &store, err))
		return false;
	const struct descriptors descriptors = { .store = windows_store_operations(store), .who = &who };
	return descriptors_apply(&descriptors, &windows, err);
}

/* -- running ------------------------------------------------------------------------------------------------------- */

/* What came through the pipe, which every writer has left: the job is dead. */
static bool read_answers(HANDLE pipe, struct trial_answer ret_answers[TRIALS_MAX])
{
	char text[ANSWERS_MAX + 1];
	DWORD length = 0, count = 0, waiting = 0;
	while (length < ANSWERS_MAX && PeekNamedPipe(pipe, NULL, 0, NULL, &waiting, NULL) && waiting > 0 &&
	       ReadFile(pipe, text + length, ANSWERS_MAX - length, &count, NULL) && count > 0)
		length += count;
	text[length] = '\0';
	return strlen(text) == length && trial_read_answers(text, ret_answers);
}

/* By the system's list: a process of an account's does not open to the user. */
static bool is_alive(DWORD id)
{
	CORDON_ON_EXIT(close_handle) HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W entry = { .dwSize = sizeof entry };
	bool is_found = false;
	for (BOOL more = Process32FirstW(list, &entry); more && !is_found; more = Process32NextW(list, &entry))
		is_found = entry.th32ProcessID == id;
	return is_found;
}

static DWORD survivor_of(const struct trial_answer *answers)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_cases[i].kind == TRIAL_LEAVES && answers[i].was_given)
			return answers[i].code;
	return 0;
}

/* Outside, a process may leave its job: that it may not, inside, has to be the job's doing. */
static bool make_job(int side, HANDLE *ret_job, struct cordon_error *err)
{
	const struct windows_job limits = { .memory = TRIAL_MEMORY_LIMIT, .processes = TRIAL_PROCESSES_LIMIT };
	const char *missing;
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION loose = { 0 };
	if (!job_make(side == INSIDE ? &limits : &(struct windows_job){ 0 }, ret_job, &missing, err))
		return false;
	loose.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK;
	return side == INSIDE ||
	       SetInformationJobObject(*ret_job, JobObjectExtendedLimitInformation, &loose, sizeof loose) ||
	       windows_fail(err, GetLastError(), "SetInformationJobObject", "set the limits of the probe's job");
}

enum { WORDS_MAX = 31 };

struct words {
	char *items[WORDS_MAX + 1];
	size_t count;
};

static void free_words(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
}

/* Takes over the word. */
static bool add_word(struct words *words, char *word)
{
	if (!word || words->count == WORDS_MAX) {
		free(word);
		return false;
	}
	words->items[words->count++] = word;
	return true;
}

static bool add_sockets(const struct sockets *sockets, struct words *words)
{
	CORDON_ON_EXIT(text_free) struct text service = { 0 };
	for (size_t i = 0; i < sizeof sockets->service; i++)
		text_addf(&service, "%02x", ((const uint8_t *)&sockets->service)[i]);
	return (sockets->listeners[LISTENER_UNIX] == INVALID_SOCKET ||
		add_word(words, text_format("path=%s", sockets->path))) &&
	       (sockets->listeners[LISTENER_HYPERV] == INVALID_SOCKET ||
		add_word(words, text_format("service=%s", text_str(&service)))) &&
	       add_word(words, text_format("tcp=%u", sockets->ports[LISTENER_TCP])) &&
	       add_word(words, text_format("tcp6=%u", sockets->ports[LISTENER_TCP_6])) &&
	       add_word(words, text_format("udp=%u", sockets->ports[LISTENER_UDP])) &&
	       add_word(words, text_format("udp6=%u", sockets->ports[LISTENER_UDP_6])) &&
	       add_word(words, text_format("accept=%u", sockets->accept_port));
}

/* What the prober is told (prober.c). */
static bool add_words(const struct probe *probe, int side, bool goes_out, struct words *words)
{
	const struct staging *staging = &probe->staging;
	return add_word(words, strdup(staging->programs[side])) && add_word(words, strdup("try")) &&
	       add_word(words, text_format("%u", probe->probing->tiers)) &&
	       add_word(words, strdup(goes_out ? "out" : "in")) &&
	       add_word(words, text_format("folder=%s", staging->sides[side])) &&
	       add_word(words, text_format("pipe=\\\\.\\pipe\\%s", staging->name)) &&
	       add_word(words, text_format("key=%s", staging->key)) &&
	       add_word(words, text_format("own=%s", staging->own[side])) &&
	       add_word(words, text_format("gate=%u", probe->gate_port)) &&
	       add_word(words, text_format("process=%lu", GetCurrentProcessId())) &&
	       add_word(words, text_format("home=%s", probe->plan->facts->home)) &&
	       add_word(words, text_format("sibling=%lu", probe->sibling.process.dwProcessId)) &&
	       add_word(words, text_format("canary=%lu", staging->canary.id)) &&
	       add_word(words, text_format("window=%lu", staging->canary.window)) &&
	       add_word(words, text_format("keyed=%d", staging->canary.has_key)) &&
	       add_sockets(&staging->sockets, words);
}

/* What programs of Windows rest on, what an account has instead of the user's, and nothing of what else the user has. */
static bool add_environment(const struct probe *probe, const struct account *account, struct words *words)
{
	static const char *const names[] = {
		"SystemRoot", "SystemDrive", "windir", "ProgramData", "PUBLIC", "ComSpec"
	};
	const char *root = probe->staging.root;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		for (char **entry = probe->plan->facts->environment; entry && *entry; entry++)
			if (_strnicmp(*entry, names[i], strlen(names[i])) == 0 && (*entry)[strlen(names[i])] == '=') {
				if (!add_word(words, strdup(*entry)))
					return false;
				break;
			}
	return add_word(words, text_format("USERPROFILE=%s", account->profile)) &&
	       add_word(words, text_format("APPDATA=%s\\AppData\\Roaming", account->profile)) &&
	       add_word(words, text_format("LOCALAPPDATA=%s\\AppData\\Local", account->profile)) &&
	       add_word(words, text_format("TEMP=%s", root)) && add_word(words, text_format("TMP=%s", root));
}

static enum pool_kind kind_of(const struct probe *probe)
{
	static const enum pool_kind kinds[] = {
		[NETWORK_OFF] = POOL_CLOSED,
		[NETWORK_FILTERED] = POOL_GATED,
		[NETWORK_OPEN] = POOL_OPEN,
	};
	return kinds[probe->plan->network];
}

static bool claim_child(struct probe *probe, struct cordon_error *err)
{
	probe->has_child = true;
	return account_child_claim(&probe->child, kind_of(probe), &probe->identities, err);
}

/* Nothing of it runs any more. */
static void end_child(struct probe *probe)
{
	account_child_end(&probe->child);
	probe->has_child = false;
}

/* By the steps that start a run's command. Each round has a logon of its own. */
static bool start_in_account(struct probe *probe, struct launch *launch, PROCESS_INFORMATION *ret_process,
			     struct cordon_error *err)
{
	CORDON_ON_EXIT(free_words) struct words environment = { 0 };
	if (!probe->has_child && !claim_child(probe, err))
		return false;
	if (!add_environment(probe, &probe->child.account, &environment))
		return cordon_fail_memory(err);
	launch->environment = environment.items;
	launch->has_console = true;
	return account_child_start(&probe->child, probe->plan->facts->state, launch->job, launch, probe->recipe,
				   &probe->identities, ret_process, err);
}

/* Once what it needs is granted. */
static bool start_sibling(struct probe *probe, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_words) struct words environment = { 0 };
	const struct staging *staging = &probe->staging;
	struct sibling *sibling = &probe->sibling;
	if (!(probe->probing->tiers & TRIAL_APART))
		return true;
	if (sibling->is_in_account && !add_environment(probe, &sibling->child.account, &environment))
		return cordon_fail_memory(err);
	const struct sibling_start start = {
		.recipe = probe->recipe,
		.state = probe->plan->facts->state,
		.prober = staging->sibling,
		.directory = staging->root,
		.name = staging->name,
		.environment = environment.items,
	};
	return sibling_start(sibling, &start, err);
}

static bool start_prober(struct probe *probe, int side, bool goes_out, HANDLE token, HANDLE to, HANDLE job,
			 PROCESS_INFORMATION *ret_process, struct cordon_error *err)
{
	struct staging *staging = &probe->staging;
	CORDON_ON_EXIT(free_words) struct words words = { 0 };
	CORDON_ON_EXIT(free_text) char *directory = text_format("%s\\root", staging->sides[side]);
	if (!directory || !add_words(probe, side, goes_out, &words))
		return cordon_fail_memory(err);
	bool is_in_package = side == INSIDE && probe->recipe->is_container;
	struct launch launch = { .program = staging->programs[side],
				 .argv = words.items,
				 .directory = directory,
				 .streams = { NULL, to, NULL },
				 .token = token,
				 .job = job,
				 .package = is_in_package ? &probe->package : NULL };
	const char *why;
	if (side == INSIDE && probe->is_in_account)
		return start_in_account(probe, &launch, ret_process, err);
	if (!launch_start(&launch, ret_process, err))
		return false;
	if (!is_in_package || package_holds(ret_process->hProcess, &probe->package, &why))
		return true;
	TerminateProcess(ret_process->hProcess, 1);
	CloseHandle(ret_process->hThread);
	CloseHandle(ret_process->hProcess);
	return cordon_fail(err, CORDON_UNSUPPORTED, "%s", why);
}

/* Those answers that this round is about; the others stay. */
static void take_answers(struct probe *probe, int side, bool goes_out, const struct trial_answer *answers)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_is_for(&trial_cases[i], probe->probing->tiers, goes_out))
			probe->answers[side][i] = answers[i];
}

/* What programs in a console of cordon's find there; each has a job of its own. */
static bool try_consoles(struct probe *probe, int side, HANDLE token, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *directory = text_format("%s\\root", probe->staging.sides[side]);
	if (!directory)
		return cordon_fail_memory(err);
	for (unsigned i = 0; i < trial_count; i++) {
		CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
		bool is_in_package = side == INSIDE && probe->recipe->is_container;
		if (!(trial_cases[i].consoles & probe->probing->tiers) ||
		    !trial_is_for(&trial_cases[i], probe->probing->tiers, false))
			continue;
		if (!make_job(side, &job, err))
			return false;
		struct launch launch = { .directory = directory,
					 .token = token,
					 .job = job,
					 .package = is_in_package ? &probe->package : NULL };
		uint32_t code = probe_in_console(trial_cases[i].name, probe->staging.programs[side], &launch);
		probe->answers[side][i] = (struct trial_answer){ true, code };
	}
	return true;
}

static bool run_side(struct probe *probe, int side, bool goes_out, HANDLE token, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE from = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE to = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	struct trial_answer answers[TRIALS_MAX] = { 0 };
	PROCESS_INFORMATION process;
	if (!CreatePipe(&from, &to, NULL, ANSWERS_MAX))
		return windows_fail(err, GetLastError(), "CreatePipe", "make a pipe for the probe's answers");
	if (!make_job(side, &job, err) || !staging_begin(&probe->staging, side, err))
		return false;
	if (!start_prober(probe, side, goes_out, token, to, job, &process, err)) {
		end_child(probe);
		return false;
	}
	ResumeThread(process.hThread);
	CloseHandle(process.hThread);
	WaitForSingleObject(process.hProcess, PROBER_MS);
	CloseHandle(process.hProcess);
	/* Where somebody lived on the answers would be worth nothing. */
	DWORD left = read_answers(from, answers) ? survivor_of(answers) : 0;
	bool was_alive = left && is_alive(left);
	bool is_over = job_end(job, END_MS, err);
	if (side == INSIDE)
		end_child(probe);
	if (!is_over)
		return false;
	/* Outside, what others start for it outlives it: that is the control of those trials. */
	if (side == INSIDE)
		probe->has_survivor[side] |= left_any(probe->staging.programs[side]);
	bool is_canary_acted_on = !goes_out && (probe->probing->tiers & TRIAL_APART);
	if (!staging_end(&probe->staging, side, is_canary_acted_on, err))
		return false;
	/* A process that was not there shows nothing. */
	if (left && !was_alive)
		for (unsigned i = 0; i < trial_count; i++)
			answers[i].was_given &= trial_cases[i].kind != TRIAL_LEAVES;
	take_answers(probe, side, goes_out, answers);
	return goes_out || try_consoles(probe, side, token, err);
}

/* -- tiers --------------------------------------------------------------------------------------------------------- */

/* One of a few packages that are the probes': another cordon may be probing. */
static bool enter_package(struct probe *probe, struct cordon_error *err)
{
	struct cordon_error taken = CORDON_ERROR_INIT;
	if (!profiles_open(probe->plan->facts->state, &probe->packages, err))
		return false;
	for (int i = 0; i < PACKAGES_MAX && !probe->claim; i++) {
		snprintf(probe->package_name, PACKAGE_NAME_SIZE, "cordon.probe.%d", i);
		if (!package_open(probe->packages, probe->package_name, &probe->claim, &taken)) {
			probe->claim = NULL;
			if (taken.status != CORDON_UNSUPPORTED)
				break;
		}
	}
	static const char *const no_capabilities[] = { NULL };
	return (probe->claim || cordon_fail(err, taken.status, "%s", taken.text)) &&
	       package_derive(probe->package_name, &probe->identities, err) &&
	       package_describe(no_capabilities, &probe->identities, &probe->package, err) &&
	       sibling_claim_package(probe->packages, &probe->sibling, err);
}

/* No run has the account, so nobody of cordon's has its port. */
static bool listen_as_gate(struct probe *probe, struct cordon_error *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)probe->gate_port) };
	BOOL yes = TRUE;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	probe->gate = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (probe->gate == INVALID_SOCKET ||
	    setsockopt(probe->gate, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&yes, sizeof yes) != 0 ||
	    bind(probe->gate, (struct sockaddr *)&address, sizeof address) != 0 || listen(probe->gate, 8) != 0)
		return windows_fail(err, (DWORD)WSAGetLastError(), "socket or bind or listen",
				    "listen at the account's port for the gate, 127.0.0.1:%u", probe->gate_port);
	return true;
}

static bool enter_account(struct probe *probe, struct cordon_error *err)
{
	if (!claim_child(probe, err))
		return false;
	probe->gate_port = probe->child.account.gate_port;
	if (!sibling_claim_account(kind_of(probe), &probe->sibling, err))
		return false;
	if (probe->plan->network != NETWORK_FILTERED)
		return true;
	return probe->gate_port ? listen_as_gate(probe, err)
				: cordon_fail(err, CORDON_UNSUPPORTED, "the account has no port for the gate");
}

/* What fails says something of the host. */
static void choose_tier(struct probe *probe)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const enum tier tier = probe->plan->windows->tier;
	bool is_had = tier == TIER_ACCOUNT        ? enter_account(probe, &err)
		      : tier == TIER_APPCONTAINER ? enter_package(probe, &err)
						  : true;
	if (!is_had)
		rounds_refuse(probe->probing, err.text);
	probe->is_in_account = is_had && tier == TIER_ACCOUNT;
	probe->recipe = probe_recipe(is_had ? tier : TIER_TOKEN);
	probe->probing->tiers = is_had ? probe_tiers(tier, probe->plan->network) : TRIAL_TOKEN;
}

static struct trial_sight look_at(void *context, const struct trial_case *trial)
{
	const struct probe *probe = context;
	struct trial_sight sight = { 0 };
	const struct staging *staging = &probe->staging;
	if (trial->kind == TRIAL_LEAVES)
		return (struct trial_sight){ .was_seen_inside = probe->has_survivor[INSIDE] };
	sight.is_watched = staging_watch(staging, OUTSIDE, trial->name, &sight.was_seen_outside) &&
			   staging_watch(staging, INSIDE, trial->name, &sight.was_seen_inside);
	return sight;
}

static bool run_one(void *context, int side, bool goes_out, struct cordon_error *err)
{
	struct probe *probe = context;
	return run_side(probe, side, goes_out, side == INSIDE ? probe->token : NULL, err);
}

static struct rounds rounds_of(struct probe *probe)
{
	return (struct rounds){ run_one, look_at, probe, probe->answers };
}

static bool run_tier(struct probe *probe, struct cordon_error *err)
{
	struct cordon_error why = CORDON_ERROR_INIT;
	const char *missing;
	choose_tier(probe);
	/* From here on what fails says something of the host. */
	struct cordon_error refused = CORDON_ERROR_INIT;
	if (!grant(probe, &refused) || !start_sibling(probe, &refused))
		rounds_refuse(probe->probing, refused.text);
	/* The runner makes the account's, and it is looked at when its process is taken over. */
	const struct rounds rounds = rounds_of(probe);
	if (probe->is_in_account)
		return rounds_run(&rounds, probe->probing, err);
	if (!token_make(probe->recipe, &probe->identities, &probe->token, &why)) {
		rounds_refuse(probe->probing, why.text);
		return run_side(probe, OUTSIDE, false, NULL, err);
	}
	if (!token_holds(probe->token, probe->recipe, &probe->identities, &missing))
		rounds_refuse(probe->probing, missing);
	return rounds_run(&rounds, probe->probing, err);
}

void probe_job(const struct plan *plan, struct probing *probing)
{
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	CORDON_ON_EXIT(free_text) char *why = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *missing = NULL;
	if (!job_make(&plan->windows->job, &job, &missing, &err))
		rounds_refuse(probing, err.text);
	else if (missing)
		why = text_format("%s does not read back", missing);
	if (why)
		rounds_refuse(probing, why);
}

bool probe_tier(const struct plan *plan, struct probing *ret_probing, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_probe) struct probe probe = { .plan = plan, .probing = ret_probing };
	*ret_probing = (struct probing){ 0 };
	if (!identities_make(ROOTS, &probe.identities, err) ||
	    !staging_make(plan->facts->state, probe.identities.roles[SID_USER], &probe.staging, err) ||
	    !run_tier(&probe, err))
		return cordon_while(err, "try what this host enforces");
	ret_probing->is_made = true;
	probe_job(plan, ret_probing);
	return true;
}

bool probe_unconfined(const struct plan *plan, struct probing *ret_probing, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_probe)
	struct probe probe = { .plan = plan, .probing = ret_probing, .recipe = probe_recipe(TIER_TOKEN) };
	*ret_probing = (struct probing){ .tiers = TRIAL_EVERYWHERE | TRIAL_CLOSED };
	if (!identities_make(ROOTS, &probe.identities, err) ||
	    !staging_make(plan->facts->state, probe.identities.roles[SID_USER], &probe.staging, err) ||
	    !run_side(&probe, OUTSIDE, false, NULL, err) || !run_side(&probe, INSIDE, false, NULL, err))
		return false;
	const struct rounds rounds = rounds_of(&probe);
	rounds_judge(&rounds, false, ret_probing);
	ret_probing->is_made = true;
	return true;
}
