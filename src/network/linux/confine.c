/* What the gate can do without it gives up: it reads what a hostile command and hostile servers say. No capability, no
 * program, no file written, nobody traced or signalled; files are read, for lookups. Where the kernel has no Landlock
 * the rest holds.
 */
#include "network/linux/gate.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h of ABI 3 and 6 */
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)
#define SCOPES UINT64_C(3) /* abstract sockets, signals */

/* Of everything that changes or executes files. */
static uint64_t rights_of(int abi)
{
	const uint64_t kept = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	const uint64_t first = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
	return (first & ~kept) | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) | (abi >= 3 ? RIGHT_TRUNCATE : 0);
}

static bool restrict_files(void)
{
	struct {
		uint64_t files, network, scopes;
	} wanted = { 0 };
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		return errno == ENOSYS || errno == EOPNOTSUPP;
	wanted.files = rights_of(abi);
	wanted.scopes = abi >= 6 ? SCOPES : 0;
	size_t size = abi >= 6 ? sizeof wanted : abi >= 4 ? 2 * sizeof wanted.files : sizeof wanted.files;
	int rules = (int)syscall(SYS_landlock_create_ruleset, &wanted, size, 0);
	bool is_fine = rules >= 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	if (rules >= 0)
		close(rules);
	return is_fine;
}

static bool drop_capabilities(uint32_t kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct left[2] = { { .effective = kept, .permitted = kept } };
	return syscall(SYS_capset, &header, left) == 0;
}

bool gate_confine(uint32_t kept)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
	       drop_capabilities(kept) && restrict_files();
}
