/* What the model leaves open, asked of this system: files under descriptors of exactly these entries, opened under
 * tokens of exactly this make.
 */
#include "backend/windows/selftest.h"

#include <string.h>

#include "backend/windows/question.h"
#include "base/list.h"
#include "base/scope.h"

#include <winternl.h>

struct asking {
	struct identities identities; /* one capability */
	uint8_t package[40];
};

static void free_asking(struct asking *asking)
{
	identities_free(&asking->identities);
}

static PSID sid_of(struct asking *asking, enum question_who who)
{
	static const uint8_t package[40] = { 1,  8, 0, 0, 0,  0, 0, 15, 2,  0, 0, 0, 11, 0, 0, 0, 12, 0, 0, 0,
					     13, 0, 0, 0, 14, 0, 0, 0,  15, 0, 0, 0, 16, 0, 0, 0, 17, 0, 0, 0 };
	switch (who) {
	case QUESTION_USER:
		return asking->identities.roles[SID_USER];
	case QUESTION_EVERYONE:
		return asking->identities.roles[SID_EVERYONE];
	case QUESTION_CAPABILITY:
		return asking->identities.capabilities[0];
	case QUESTION_OWNER_RIGHTS:
		return asking->identities.roles[SID_OWNER_RIGHTS];
	case QUESTION_SOME_PACKAGE:
		memcpy(asking->package, package, sizeof package);
		return asking->package;
	}
	return NULL;
}

/* A descriptor of exactly these entries, owned by the user. */
static bool describe(struct asking *asking, const struct question_entry *entries, struct arena *arena,
		     SECURITY_DESCRIPTOR *ret_descriptor)
{
	const DWORD size = 1024;
	PACL list = arena_take(arena, size);
	if (!list || !InitializeAcl(list, size, ACL_REVISION))
		return false;
	for (size_t i = 0; i < QUESTION_ENTRIES_MAX && entries[i].rights; i++) {
		const struct question_entry *entry = &entries[i];
		PSID sid = sid_of(asking, entry->who);
		if (!(entry->denies ? AddAccessDeniedAceEx(list, ACL_REVISION, entry->flags, entry->rights, sid)
				    : AddAccessAllowedAceEx(list, ACL_REVISION, entry->flags, entry->rights, sid)))
			return false;
	}
	return InitializeSecurityDescriptor(ret_descriptor, SECURITY_DESCRIPTOR_REVISION) &&
	       SetSecurityDescriptorDacl(ret_descriptor, TRUE, list, FALSE) &&
	       SetSecurityDescriptorOwner(ret_descriptor, asking->identities.roles[SID_USER], FALSE) &&
	       SetSecurityDescriptorControl(ret_descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED);
}

/* The token's, in the package: no profile is needed for it, and no process. */
static bool enter_package(struct asking *asking, HANDLE *token, struct cordon_error *err)
{
	typedef NTSTATUS(NTAPI * create_lowbox)(HANDLE *, HANDLE, ACCESS_MASK, OBJECT_ATTRIBUTES *, PSID, ULONG,
						PSID_AND_ATTRIBUTES, ULONG, HANDLE *);
	create_lowbox create = (create_lowbox)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ntdll"),
									     "NtCreateLowBoxToken");
	OBJECT_ATTRIBUTES attributes = { .Length = sizeof attributes };
	HANDLE made = NULL;
	if (!create)
		return cordon_fail(err, CORDON_UNSUPPORTED, "this system has no AppContainers");
	NTSTATUS status = create(&made, *token, TOKEN_ALL_ACCESS, &attributes, sid_of(asking, QUESTION_SOME_PACKAGE), 0,
				 NULL, 0, NULL);
	if (status < 0)
		return windows_fail(err, RtlNtStatusToDosError(status), "NtCreateLowBoxToken",
				    "make a package's token");
	CloseHandle(*token);
	*token = made;
	return true;
}

static bool make_token(struct asking *asking, enum question_token kind, HANDLE *ret_token, struct cordon_error *err)
{
	static struct sid restricting[] = { { SID_CAPABILITY, 0 }, { SID_EVERYONE, 0 } };
	static struct sid grants[] = { { SID_USER, 0 } };
	struct windows_token recipe = {
		.drops_privileges = true,
		.drops_administrators = true,
		.is_write_restricted = kind == QUESTION_WRITE_RESTRICTED,
		.integrity = kind == QUESTION_BELOW_MEDIUM ? INTEGRITY_BELOW_MEDIUM : INTEGRITY_MEDIUM,
		.restricting = { restricting, kind == QUESTION_WRITE_RESTRICTED ? 2 : 0, 2 },
		.default_grants = { grants, 1, 1 },
	};
	CORDON_ON_EXIT(close_handle) HANDLE primary = NULL;
	return token_make(&recipe, &asking->identities, &primary, err) &&
	       (kind != QUESTION_PACKAGE || enter_package(asking, &primary, err)) &&
	       (DuplicateTokenEx(primary, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
				 TokenImpersonation, ret_token) ||
		windows_fail(err, GetLastError(), "DuplicateTokenEx", "make a token to impersonate"));
}

/* 0: it succeeded. */
static DWORD act(const struct question *question, const uint16_t *file, const uint16_t *name)
{
	if (question->act == QUESTION_LINKS)
		return CreateHardLinkW(name, file, NULL) ? 0 : GetLastError();
	HANDLE opened = CreateFileW(file, question->rights, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
				    NULL, OPEN_EXISTING, 0, NULL);
	DWORD code = opened == INVALID_HANDLE_VALUE ? GetLastError() : 0;
	close_handle(&opened);
	return code;
}

static HANDLE make_asked(struct asking *asking, const struct question *question, const uint16_t *around_path,
			 const uint16_t *path)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	SECURITY_DESCRIPTOR around, own;
	SECURITY_ATTRIBUTES around_attributes = { sizeof around_attributes, &around, FALSE };
	SECURITY_ATTRIBUTES own_attributes = { sizeof own_attributes, &own, FALSE };
	if (!describe(asking, question->folder, &arena, &around) || !describe(asking, question->file, &arena, &own) ||
	    !CreateDirectoryW(around_path, &around_attributes))
		return INVALID_HANDLE_VALUE;
	return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, &own_attributes, CREATE_NEW, 0, NULL);
}

/* As Win32 takes it literally. */
static uint16_t *native_in(const struct selftest *test, const struct question *question, const char *below,
			   struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s%s", test->folder, question->name, below);
	uint16_t *native = NULL;
	if (!path)
		cordon_fail_memory(err);
	else
		(void)!native_path(path, &native, err);
	return native;
}

static bool ask(const struct selftest *test, const struct question *question, DWORD *ret_code, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE made = NULL;
	CORDON_ON_EXIT(free_asking) struct asking asking = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *in = native_in(test, question, "", err);
	CORDON_ON_EXIT(free_wide) uint16_t *file = native_in(test, question, "\\file", err);
	CORDON_ON_EXIT(free_wide) uint16_t *name = native_in(test, question, "\\name", err);
	if (!in || !file || !name || !identities_make(1, &asking.identities, err))
		return false;
	made = make_asked(&asking, question, in, file);
	if (made == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "make what is asked about");
	close_handle(&made);
	made = NULL;
	if (!make_token(&asking, question->token, &token, err))
		return false;
	if (!ImpersonateLoggedOnUser(token))
		return windows_fail(err, GetLastError(), "ImpersonateLoggedOnUser", "act under the token of a command");
	*ret_code = act(question, file, name);
	RevertToSelf();
	return true;
}

static void try_question(struct selftest *test, const struct question *question, const char *name)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	DWORD code = 0;
	if (is_wine()) {
		report_case(name, SKIPPED, "Wine says yes to this and does nothing of it");
	} else if (!ask(test, question, &code, &err)) {
		report_case(name, FAILS, err.text);
	} else {
		CORDON_ON_EXIT(free_text)
		char *what = text_format("it %s (error %lu)", code ? "is refused" : "succeeds", code);
		bool is_answer = code == 0 || code == ERROR_ACCESS_DENIED;
		report_case(name, is_answer && (code == 0) == question->believed ? HOLDS : FAILS, what);
	}
}

void questions_try(struct selftest *test)
{
	for (unsigned i = 0; i < question_count && !is_interrupted(); i++) {
		CORDON_ON_EXIT(free_text) char *name = selftest_question_name(questions[i].name);
		try_question(test, &questions[i], name);
	}
}
