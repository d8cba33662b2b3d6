/* Privileges: none are left, and none can be gained by executing anything. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/linux/cage.h"

/* Root that executes a file would regain every capability of its user namespace: neither root's identity nor a change
 * of identity counts any more, and the bits cannot be taken back (capabilities(7)).
 */
#define ROOT_IS_NOTHING \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | \
	 SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

enum { CAPABILITY_LIMIT = 64 }; /* the kernel's sets are 64 bits wide */

static bool drop_bounding_set(struct cordon_error *err)
{
	for (unsigned long capability = 0; capability < CAPABILITY_LIMIT; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
			continue;
		/* the first number that this kernel does not know is the end */
		return errno == EINVAL || cordon_fail_errno(err, errno, "drop capability %lu", capability);
	}
	return true;
}

static bool is_any_left(const struct __user_cap_data_struct *sets)
{
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		if (sets[i].effective || sets[i].permitted || sets[i].inheritable)
			return true;
	return false;
}

/* In a user namespace init always may. Without one an unprivileged user may not, and need not: what they do not have
 * cannot be gained under no_new_privs.
 */
static bool may_bound(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	return syscall(SYS_capget, &header, sets) == 0 && sets[0].effective & (1u << CAP_SETPCAP);
}

bool capabilities_drop(struct inside *inside, struct cordon_error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return cordon_fail_errno(err, errno, "set no_new_privs");
	if (is_planted("capabilities"))
		return true;

	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	if (!inside->is_fallback || may_bound()) {
		if (!drop_bounding_set(err))
			return false;
		if (prctl(PR_SET_SECUREBITS, ROOT_IS_NOTHING, 0, 0, 0) != 0)
			return cordon_fail_errno(err, errno, "set the secure bits");
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return cordon_fail_errno(err, errno, "clear the ambient capabilities");
	if (syscall(SYS_capset, &header, none) != 0)
		return cordon_fail_errno(err, errno, "drop the capabilities");
	if (syscall(SYS_capget, &header, none) != 0 || is_any_left(none))
		return cordon_fail(err, CORDON_UNSUPPORTED, "capabilities are still there after they were dropped");
	return true;
}
