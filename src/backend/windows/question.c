#include "backend/windows/question.h"

#include "base/list.h"
#include "policy/plan_windows.h"

enum { INHERIT_ONLY = 0xb /* with both kinds of heirs */ };

#define USER_HAS(rights_) \
	{ \
		QUESTION_USER, 0, rights_, false \
	}
#define CAPABILITY_HAS(rights_) \
	{ \
		QUESTION_CAPABILITY, 0, rights_, false \
	}
#define PACKAGE_HAS(rights_) \
	{ \
		QUESTION_SOME_PACKAGE, 0, rights_, false \
	}
#define EVERYONE_READS \
	{ \
		QUESTION_EVERYONE, 0, RIGHTS_READ, false \
	}

const struct question questions[] = {
	{ .name = "second_pass_by_right",
	  .token = QUESTION_WRITE_RESTRICTED,
	  .rights = RIGHT_READ_DATA | RIGHT_WRITE_DATA,
	  .folder = { USER_HAS(RIGHTS_ALL), EVERYONE_READS },
	  .file = { USER_HAS(RIGHTS_ALL), CAPABILITY_HAS(RIGHT_WRITE_DATA | RIGHT_SYNCHRONIZE) },
	  .believed = false },
	{ .name = "delete_child_is_write",
	  .token = QUESTION_WRITE_RESTRICTED,
	  .rights = RIGHT_DELETE,
	  .folder = { USER_HAS(RIGHTS_ALL), EVERYONE_READS },
	  .file = { USER_HAS(RIGHTS_READ), EVERYONE_READS },
	  .believed = true },
	{ .name = "owner_rights_must_apply",
	  .token = QUESTION_PLAIN,
	  .rights = RIGHT_WRITE_DAC,
	  .folder = { USER_HAS(RIGHTS_ALL) },
	  .file = { USER_HAS(RIGHTS_READ), { QUESTION_OWNER_RIGHTS, INHERIT_ONLY, RIGHT_READ_CONTROL, false } },
	  .believed = false },
	{ .name = "package_is_denied",
	  .token = QUESTION_PACKAGE,
	  .rights = RIGHT_READ_DATA,
	  .folder = { USER_HAS(RIGHTS_ALL), PACKAGE_HAS(RIGHTS_READ) },
	  .file = { { QUESTION_SOME_PACKAGE, 0, RIGHT_READ_DATA, true },
		    USER_HAS(RIGHTS_ALL),
		    PACKAGE_HAS(RIGHTS_READ) },
	  .believed = true },
	{ .name = "restricted_is_sandboxed",
	  .token = QUESTION_WRITE_RESTRICTED,
	  .act = QUESTION_LINKS,
	  .folder = { USER_HAS(RIGHTS_ALL), CAPABILITY_HAS(RIGHTS_MODIFY), EVERYONE_READS },
	  .file = { USER_HAS(RIGHTS_ALL), EVERYONE_READS },
	  .believed = true },
	{ .name = "medium_low_is_low",
	  .token = QUESTION_BELOW_MEDIUM,
	  .rights = RIGHT_READ_DATA,
	  .folder = { USER_HAS(RIGHTS_ALL) },
	  .file = { USER_HAS(RIGHTS_ALL), PACKAGE_HAS(RIGHTS_READ) },
	  .believed = true },
	{ .name = "package_respects_integrity",
	  .token = QUESTION_PACKAGE,
	  .rights = RIGHT_WRITE_DATA,
	  .folder = { USER_HAS(RIGHTS_ALL), PACKAGE_HAS(RIGHTS_READ) },
	  .file = { USER_HAS(RIGHTS_ALL), PACKAGE_HAS(RIGHTS_MODIFY) },
	  .believed = true },
};

const unsigned question_count = COUNT_OF(questions);
