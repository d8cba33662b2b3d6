/* The runner's side: nothing of the command's has run yet when it serves, and nothing that it starts may open it. */
#include <string.h>

#include "backend/windows/ownership.h"
#include "backend/windows/pseudo.h"
#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { SERVED = 0, NOT_SERVED = 1 };

struct serving {
	HANDLE pipe;
	struct identities identities; /* SID_USER is the account */
	struct station station;
	HANDLE command; /* NULL: none yet */
	void *console;  /* a pseudoconsole; NULL: none. It ends with this process, or by CLOSE */
	struct text bytes;
	struct arena arena;  /* of all that is read of orders */
	const char *profile; /* that was swept; NULL: none was */
};

/* -- START --------------------------------------------------------------------------------------------------------- */

static bool take_roles(const struct frame_roles *roles, struct arena *arena, struct sid_list *list,
		       struct cordon_error *err)
{
	list->items = arena_take(arena, (roles->count + 1) * sizeof *list->items);
	if (!list->items)
		return cordon_fail_memory(err);
	for (; list->count < roles->count; list->count++) {
		const struct frame_role *role = &roles->items[list->count];
		if (role->role >= SID_ROLE_COUNT)
			return cordon_fail(err, CORDON_UNSUPPORTED, "the order names an identity that there is not");
		list->items[list->count] = (struct sid){ (enum sid_role)role->role, role->root };
	}
	return true;
}

/* Who this is, it knows itself; whom cordon has made up, it is told. */
static bool take_identities(struct serving *serving, const struct frame_start *start, struct cordon_error *err)
{
	struct identities *identities = &serving->identities;
	PSID account = (PSID)(uintptr_t)start->account.bytes;
	if (!EqualSid(identities->roles[SID_USER], account))
		return cordon_fail(err, CORDON_UNSUPPORTED, "the runner does not run as the account");
	identities->roles[SID_ACCOUNT] = identities->roles[SID_USER];
	identities->roles[SID_RUN] = (PSID)(uintptr_t)start->run.bytes;
	identities->capabilities = arena_take(&identities->arena,
					      (start->capability_count + 1) * sizeof *identities->capabilities);
	if (!identities->capabilities)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < start->capability_count; i++)
		identities->capabilities[i] = (PSID)(uintptr_t)start->capabilities[i].bytes;
	identities->capability_count = start->capability_count;
	return true;
}

static bool make_token(struct serving *serving, const struct frame_start *start, struct arena *arena,
		       struct windows_token *recipe, HANDLE *ret_token, struct cordon_error *err)
{
	const char *why;
	*recipe = (struct windows_token){ .drops_privileges = start->drops_privileges,
					  .drops_administrators = start->drops_administrators,
					  .is_write_restricted = start->is_write_restricted,
					  .integrity = start->integrity };
	return take_identities(serving, start, err) &&
	       take_roles(&start->restricting, arena, &recipe->restricting, err) &&
	       take_roles(&start->denying_only, arena, &recipe->denying_only, err) &&
	       take_roles(&start->default_grants, arena, &recipe->default_grants, err) &&
	       token_make(recipe, &serving->identities, ret_token, err) &&
	       (token_holds(*ret_token, recipe, &serving->identities, &why) ||
		cordon_fail(err, CORDON_UNSUPPORTED, "%s", why));
}

static bool make_station(struct serving *serving, const struct windows_token *recipe, struct arena *arena,
			 struct cordon_error *err)
{
	const uint8_t *bytes;
	uint32_t level = recipe->integrity < INTEGRITY_MEDIUM ? recipe->integrity : 0;
	return identities_describe(&serving->identities, serving->identities.roles[SID_ACCOUNT],
				   &recipe->default_grants, level, arena, &bytes, err) &&
	       station_make(bytes, &serving->station, err);
}

/* Below medium the command could write nothing in the profile. */
static bool open_profile(const struct serving *serving, const struct windows_token *recipe, struct cordon_error *err)
{
	return !serving->profile || recipe->integrity >= INTEGRITY_MEDIUM ||
	       profile_open(serving->profile, recipe->integrity, err);
}

static bool start_command(struct serving *serving, const struct frame_start *start, struct arena *arena,
			  struct text *answer, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	struct windows_token recipe;
	HANDLE own = NULL;
	PROCESS_INFORMATION process;
	if (serving->command)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the runner starts one command");
	if (!make_token(serving, start, arena, &recipe, &token, err) || !open_profile(serving, &recipe, err) ||
	    !make_station(serving, &recipe, arena, err) || (start->has_console && !runner_console_share(err)) ||
	    (start->console.reads && !runner_console_make(&start->console, &serving->console, err)))
		return false;
	struct launch launch = {
		.program = start->program,
		.argv = start->argv,
		.directory = start->directory,
		.environment = start->environment,
		.token = token,
		.desktop = serving->station.name,
		.mitigations = start->mitigations,
		.has_console = start->has_console,
	};
	for (int i = 0; i < 3; i++)
		launch.streams[i] = (HANDLE)(uintptr_t)start->streams[i];
	if (serving->console)
		pseudo_enter(serving->console, &launch);
	if (!launch_start(&launch, &process, err))
		return false;
	serving->command = process.hProcess;
	if (!OpenProcessToken(process.hProcess, TOKEN_QUERY, &own))
		return windows_fail(err, GetLastError(), "OpenProcessToken", "open the command's token");
	/* They are the runner's until it ends: cordon takes them from here. */
	const struct frame_started started = { (uintptr_t)process.hProcess, (uintptr_t)process.hThread,
					       (uintptr_t)own };
	return frame_write_started(&started, answer, err);
}

/* They are the command's now, or its console's; a pipe of cordon's ends with its last writer. */
static void close_given(const struct frame_start *start)
{
	const uint64_t given[] = { start->streams[0], start->streams[1], start->streams[2], start->console.reads,
				   start->console.writes };
	for (size_t i = 0; i < COUNT_OF(given); i++) {
		bool is_closed = !given[i];
		for (size_t before = 0; before < i; before++)
			is_closed |= given[before] == given[i];
		if (!is_closed)
			CloseHandle((HANDLE)(uintptr_t)given[i]);
	}
}

/* -- RESIZE and CLOSE ---------------------------------------------------------------------------------------------- */

/* False: the last order. */
static bool serve_console(struct serving *serving, const struct frame *frame)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct frame_resize order;
	if (!serving->console)
		return false;
	if (frame->kind == FRAME_CLOSE) {
		pseudo_close(serving->console);
		return false;
	}
	if (!frame_read_resize(frame, &order, &ignored))
		return false;
	pseudo_resize(serving->console, (uint16_t)order.rows, (uint16_t)order.columns);
	return true;
}

/* -- RETURN and CLEAN -------------------------------------------------------------------------------------------- */

/* What cannot be opened to the user stays as it is: he looks for himself. */
static bool return_files(struct serving *serving, const struct frame *frame, struct cordon_error *err)
{
	struct store files = windows_store_files();
	PSID account = serving->identities.roles[SID_USER];
	const struct windows_sid sid = { account, (uint16_t)GetLengthSid(account) };
	struct ownership_result result;
	struct frame_return order;
	return frame_read_return(frame, &serving->arena, &order, err) &&
	       ownership_open(&files, sid, &order, &result, err);
}

static bool clean(struct serving *serving, const struct frame *frame, struct cordon_error *err)
{
	struct frame_clean order;
	if (!frame_read_clean(frame, &serving->arena, &order, err))
		return false;
	serving->profile = arena_copy(&serving->arena, order.profile, strlen(order.profile));
	if (!serving->profile)
		return cordon_fail_memory(err);
	return sweep_account(serving->identities.roles[SID_USER], (PSID)(uintptr_t)order.user.bytes, order.profile,
			     err);
}

/* -- PROXY --------------------------------------------------------------------------------------------------------- */

/* Not the user's, who may stand for the account in a test. */
static bool tell_proxy(struct serving *serving, const struct frame *frame, struct cordon_error *err)
{
	struct frame_proxy order;
	return frame_read_proxy(frame, &serving->arena, &order, err) &&
	       (EqualSid(serving->identities.roles[SID_USER], (PSID)(uintptr_t)order.user.bytes) ||
		system_proxy_tell(order.port, err));
}

/* -- REACH --------------------------------------------------------------------------------------------------------- */

static bool reach(const struct frame *frame, struct text *answer, struct cordon_error *err)
{
	struct frame_reach order;
	struct frame_reached reached;
	return frame_read_reach(frame, &order, err) && reach_try(&order, &reached, err) &&
	       frame_write_reached(&reached, answer, err);
}

/* -- serving ------------------------------------------------------------------------------------------------------- */

static bool serve_one(struct serving *serving, const struct frame *frame, struct text *answer, struct cordon_error *err)
{
	struct frame_start start;
	if (frame->kind == FRAME_START) {
		if (!frame_read_start(frame, &serving->arena, &start, err))
			return false;
		bool is_started = start_command(serving, &start, &serving->arena, answer, err);
		close_given(&start);
		return is_started;
	}
	/* While something of the command may run, files are not to be trusted. */
	if (serving->command)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the command has been started already");
	if (frame->kind == FRAME_RETURN)
		return return_files(serving, frame, err) && frame_write_done(answer, err);
	if (frame->kind == FRAME_CLEAN)
		return clean(serving, frame, err) && frame_write_done(answer, err);
	if (frame->kind == FRAME_PROXY)
		return tell_proxy(serving, frame, err) && frame_write_done(answer, err);
	if (frame->kind == FRAME_REACH)
		return reach(frame, answer, err);
	return cordon_fail(err, CORDON_UNSUPPORTED, "the runner does not know this order");
}

static void free_serving(struct serving *serving)
{
	close_handle(&serving->pipe);
	close_handle(&serving->command);
	station_free(&serving->station);
	identities_free(&serving->identities);
	text_free(&serving->bytes);
	arena_free(&serving->arena);
}

/* Not until the command has ended: its console is to give out what was printed last. */
static bool await_order(struct serving *serving, struct frame *ret_frame)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	return pipe_receive(serving->pipe, NULL, INFINITE, &serving->bytes, ret_frame, &ignored);
}

static int serve(const WCHAR *pipe, DWORD server)
{
	CORDON_ON_EXIT(free_serving) struct serving serving = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct frame frame;
	if (!pipe_join(pipe, server, &serving.pipe, &err) || !identities_make(0, &serving.identities, &err))
		return NOT_SERVED;
	while (await_order(&serving, &frame)) {
		CORDON_ON_EXIT(text_free) struct text answer = { 0 };
		struct cordon_error why = CORDON_ERROR_INIT;
		if (frame.kind == FRAME_RESIZE || frame.kind == FRAME_CLOSE) {
			if (!serve_console(&serving, &frame))
				return SERVED;
			continue;
		}
		if (!serve_one(&serving, &frame, &answer, &why) && !frame_write_failed(&why, &answer, &err))
			return NOT_SERVED;
		if (!pipe_send(serving.pipe, NULL, &answer, INFINITE, &err))
			return NOT_SERVED;
	}
	return SERVED;
}

int runner_main(const WCHAR *word, DWORD number)
{
	return wcscmp(word, L"reach") == 0 ? reach_control(number) : serve(word, number);
}
