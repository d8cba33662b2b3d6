/* os/windows/missing.h: what the headers of mingw-w64 10 lack. Values from the Windows SDK's documentation. */
#pragma once

#include <windows.h>

/* Codes of GetLastError() */
#define ERROR_VIRUS_INFECTED 225L
#define ERROR_INVALID_IMAGE_HASH 577L
#define ERROR_ELEVATION_REQUIRED 740L
#define ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION 4551L

/* UpdateProcThreadAttribute: PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE */
#define ATTRIBUTE_PSEUDOCONSOLE 0x00020016u

/* What FSCTL_GET_REPARSE_POINT answers ([MS-FSCC] 2.1.2.4, 2.1.2.5). Offsets and lengths are in bytes of `names`. */
struct reparse_answer {
	ULONG tag;
	USHORT length;
	USHORT reserved;
	USHORT target_offset, target_length;
	USHORT shown_offset, shown_length;
	union {
		struct {
			ULONG flags; /* REPARSE_FLAG_RELATIVE */
			WCHAR names[1];
		} symlink;
		struct {
			WCHAR names[1];
		} mount_point;
	};
};

#define REPARSE_FLAG_RELATIVE 1u
#define REPARSE_ANSWER_MAX (16 * 1024)
