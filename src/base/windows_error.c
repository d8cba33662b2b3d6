#include "base/windows_error.h"

#include <stdio.h>

#include "base/list.h"
#include "base/wide.h"

/* The numbers are of winerror.h and lmerr.h, where each has the name that stands behind it. */
static const struct remedy {
	uint16_t first, last;
	const char *what;
} remedies[] = {
	{ 1, 1, "its file system cannot do that: use a folder on a local NTFS drive" },   /* ERROR_INVALID_FUNCTION */
	{ 4, 4, "close programs that hold many files open" },                             /* TOO_MANY_OPEN_FILES */
	{ 5, 5, "see that it is yours, and that no virus scanner or policy forbids it" }, /* ACCESS_DENIED */
	{ 8, 8, "close other programs: memory is short" },                                /* NOT_ENOUGH_MEMORY */
	{ 14, 14, "close other programs: memory is short" },                              /* OUTOFMEMORY */
	{ 19, 19, "the drive is write-protected: use another" },                          /* WRITE_PROTECT */
	{ 21, 21, "the drive is not ready: see that its medium is in it and unlocked" },  /* NOT_READY */
	{ 32, 33, "another program has it open (an editor, a build, a virus scanner): close that and try again" },
	{ 39, 39, "the drive is full: make room on it" },                                 /* HANDLE_DISK_FULL */
	{ 50, 50, "its file system cannot do that: use a folder on a local NTFS drive" }, /* NOT_SUPPORTED */
	{ 51, 51, "a network drive that is gone: use a folder on a local NTFS drive" },   /* REM_NOT_LIST */
	{ 53, 55, "a network drive that is gone: use a folder on a local NTFS drive" },   /* BAD_NETPATH… */
	{ 59, 59, "a network drive that is gone: use a folder on a local NTFS drive" },   /* UNEXP_NET_ERR */
	{ 64, 67, "a network drive: use a folder on a local NTFS drive" },                /* NETNAME_DELETED… */
	{ 112, 112, "the drive is full: make room on it" },                               /* DISK_FULL */
	{ 206, 206, "the path is too long: use a folder nearer to the drive's root" },    /* FILENAME_EXCED_RANGE */
	{ 225, 226, "a virus scanner holds it back: take it out of quarantine and let the scanner leave it be" },
	/* ERROR_CLOUD_FILE_…: of OneDrive and its like */
	{ 358, 358, "a cloud folder is damaged: have its program mend it, or use a folder that is on this disk" },
	{ 362, 362, "a cloud folder's program does not run: start it, or use a folder that is on this disk" },
	{ 363, 366, "a cloud folder is damaged: have its program mend it, or use a folder that is on this disk" },
	{ 374, 375, "a cloud folder is damaged: have its program mend it, or use a folder that is on this disk" },
	{ 377, 382, "the file is in the cloud: have its folder kept on this disk, or use another folder" },
	{ 386, 398, "the file is in the cloud: have its folder kept on this disk, or use another folder" },
	{ 404, 404, "a cloud folder's program has ended: start it, or use a folder that is on this disk" },
	{ 426, 426, "a cloud folder's program does not answer: start it, or use a folder that is on this disk" },
	{ 577, 577, "its signature does not hold: install it again" },                        /* INVALID_IMAGE_HASH */
	{ 740, 740, "the program wants an administrator's rights, which no cordon gives" },   /* ELEVATION_REQUIRED */
	{ 1058, 1058, "the service is disabled: enable it, or ask the administrator to" },    /* SERVICE_DISABLED */
	{ 1062, 1062, "the service does not run: start it, or ask the administrator to" },    /* SERVICE_NOT_ACTIVE */
	{ 1260, 1260, "a policy (AppLocker) forbids it: ask the administrator to allow it" }, /* ..._BY_POLICY */
	{ 1314, 1314, "that is for administrators: do it in an elevated prompt" },            /* PRIVILEGE_NOT_HELD */
	{ 1325, 1325, "a policy about passwords refuses it: ask the administrator" },         /* PASSWORD_RESTRICTION */
	{ 1326, 1326, "the account's password is another now: run 'cordon setup' again" },    /* LOGON_FAILURE */
	{ 1327, 1327, "a policy restricts the account: ask the administrator to exempt it" }, /* ACCOUNT_RESTRICTION */
	{ 1328, 1329, "a policy restricts when and where the account logs on: ask the administrator to exempt it" },
	{ 1330, 1330, "the account's password has expired: run 'cordon setup' again" }, /* PASSWORD_EXPIRED */
	{ 1331, 1331, "somebody has disabled the account: run 'cordon setup' again" },  /* ACCOUNT_DISABLED */
	{ 1385, 1385,
	  "a policy takes 'Allow log on locally' from the account: ask the administrator to give it that right" },
	{ 1392, 1393, "the drive has errors: run chkdsk on it" },                            /* FILE_CORRUPT… */
	{ 1450, 1455, "close other programs, or enlarge the paging file: memory is short" }, /* NO_SYSTEM_RESOURCES… */
	{ 1459, 1459, "a service has no desktop (Session 0): start cordon where a user is logged on" },
	{ 1722, 1723, "the service does not answer: see that it runs ('Base Filtering Engine' for filters)" },
	{ 1753, 1753, "the service does not answer: see that it runs ('Base Filtering Engine' for filters)" },
	{ 1793, 1793, "the account has expired: run 'cordon setup' again" }, /* ACCOUNT_EXPIRED */
	{ 1816, 1816,
	  "a limit on processes or memory forbids it: raise limits.processes or limits.memory" }, /* ..._QUOTA */
	{ 1907, 1907, "the account's password has expired: run 'cordon setup' again" }, /* PASSWORD_MUST_CHANGE */
	{ 1909, 1909, "the account is locked after wrong passwords: wait, then run 'cordon setup' again" },
	{ 2202, 2202, "a policy about names refuses it: ask the administrator" },     /* NERR_BadUsername */
	{ 2245, 2245, "a policy about passwords refuses it: ask the administrator" }, /* NERR_PasswordTooShort */
	{ 4391, 4394, "a link or a cloud placeholder stands there: use a folder that is neither" }, /* REPARSE_… */
	{ 4551, 4551, "a policy (App Control) forbids it: ask the administrator to allow it" }, /* SYSTEM_INTEGRITY_… */
};

const char *windows_error_remedy(uint32_t code)
{
	for (size_t i = 0; i < COUNT_OF(remedies); i++)
		if (remedies[i].first <= code && code <= remedies[i].last)
			return remedies[i].what;
	return NULL;
}

void windows_error_add(struct text *text, uint32_t code, const uint16_t *words, size_t length)
{
	const char *remedy = windows_error_remedy(code);
	while (length > 0 && (words[length - 1] <= ' ' || words[length - 1] == '.'))
		length--;
	if (length > 0) {
		wide_add(text, words, length);
		text_addf(text, " (error %lu)", (unsigned long)code);
	} else {
		text_addf(text, "error %lu", (unsigned long)code);
	}
	if (remedy)
		text_addf(text, "; %s", remedy);
}

bool windows_error_fail(struct cordon_error *err, uint32_t code, const uint16_t *words, size_t length,
			const char *format, va_list args)
{
	char context[CORDON_ERROR_TEXT_SIZE];
	struct text text = { 0 };
	vsnprintf(context, sizeof context, format, args);
	windows_error_add(&text, code, words, length);
	cordon_fail_os(err, code, "%s: %s", context, text_str(&text));
	text_free(&text);
	return false;
}
