/* The seccomp filter, compiled by libseccomp when cordon was built (filter_generate.c). */
#include <errno.h>
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "backend/linux/cage.h"
#include "backend/linux/filter_data.h"
#include "backend/linux/kernel.h"

#define PROGRAM(code) \
	(struct sock_fprog) \
	{ \
		.len = sizeof(code) / sizeof *(code), .filter = (struct sock_filter *)(uintptr_t)(code) \
	}

/* WAIT_KILLABLE_RECV (Linux 5.19): without it a signal that hits a call while it is being looked at makes the call
 * start over, and a program with a fast timer never gets on. No such flag, no observer. EBUSY: a container's runtime or
 * an outer cordon has the only listener that the kernel allows.
 */
#define OBSERVER_FLAGS (SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)

enum { ABI_TRUNCATE = 3 }; /* of Landlock */

/* A filter that was taken and does nothing has been seen (emulators): one refused call tells. */
static bool check_effect(struct cordon_error *err)
{
	if (syscall(SYS_keyctl, -1, 0, 0, 0, 0) != -1 || errno != ENOSYS)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the kernel took the filter and does not apply it (guarantee kernel)");
	return true;
}

static bool load(struct sock_fprog program, struct cordon_error *err)
{
	if (kernel_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return cordon_fail_errno(err, errno, "load the filter");
	return true;
}

/* Without namespaces: what those would have kept from the command, each filter for itself. */
static bool load_for_fallback(const struct inside *inside, struct cordon_error *err)
{
	const struct sock_fprog shared = PROGRAM(filter_shared), families = PROGRAM(filter_families);
	const struct sock_fprog sockets = PROGRAM(filter_unix_sockets), truncation = PROGRAM(filter_truncation);
	bool is_off = inside->plan.network != NETWORK_OPEN && !is_planted("families");
	if ((!is_planted("shared") && !load(shared, err)) || (is_off && !load(families, err)) ||
	    (inside->without_unix_sockets && !is_planted("sockets") && !load(sockets, err)) ||
	    (inside->landlock < ABI_TRUNCATE && !load(truncation, err)))
		return false;
	if (is_off && (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM))
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the kernel took the filter and does not apply it (guarantee net.off)");
	return true;
}

bool filter_load(struct inside *inside, struct cordon_error *err)
{
	if (is_planted("seccomp"))
		return true;

	bool is_gated = inside->plan.network == NETWORK_FILTERED && !inside->is_fallback;
	if (inside->is_fallback && !load_for_fallback(inside, err))
		return false;
	if (inside->handover.observe || is_gated) {
		const struct sock_fprog programs[2][3] = {
			{ PROGRAM(filter_quiet), PROGRAM(filter_observed), PROGRAM(filter_explained) },
			{ PROGRAM(filter_gated), PROGRAM(filter_gated_observed), PROGRAM(filter_gated_explained) },
		};
		bool explains = inside->handover.explain && !inside->is_fallback; /* its listener is heard of later */
		int observation = !inside->handover.observe ? 0 : explains ? 2 : 1;
		struct sock_fprog program = programs[is_gated][observation];
		inside->listener = kernel_seccomp(SECCOMP_SET_MODE_FILTER, OBSERVER_FLAGS, &program);
		if (inside->listener >= 0)
			return check_effect(err);
		if (errno != EBUSY && errno != EINVAL)
			return cordon_fail_errno(err, errno, "load the filter");
		if (is_gated)
			return cordon_fail(
				err, CORDON_UNSUPPORTED,
				"net.filtered: the gate learns of connections by seccomp notifications, which %s",
				errno == EBUSY ? "something outside takes already (a container's runtime, or "
						 "another cordon)"
					       : "need Linux 5.19");
	}
	const struct sock_fprog quiet = PROGRAM(filter_quiet);
	return load(quiet, err) && check_effect(err);
}
