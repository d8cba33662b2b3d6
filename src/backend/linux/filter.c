/* The seccomp filter, compiled by libseccomp when cordon was built (filter_generate.c). */
#include <errno.h>
#include <linux/filter.h>
#include <sys/prctl.h>

#include "backend/linux/cage.h"
#include "backend/linux/filter_data.h"
#include "backend/linux/kernel.h"

#define PROGRAM(code) \
	(struct sock_fprog) \
	{ \
		.len = sizeof(code) / sizeof *(code), .filter = (struct sock_filter *)(uintptr_t)(code) \
	}

/* WAIT_KILLABLE_RECV (Linux 5.19): without it a signal that hits a call while it is being looked at makes the call start
 * over, and a program with a fast timer never gets on. No such flag, no observer. EBUSY: a container's runtime or an
 * outer cordon has the only listener that the kernel allows.
 */
#define OBSERVER_FLAGS (SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)

/* A filter that was taken and does nothing has been seen (emulators): one refused call tells. */
static bool check_effect(struct cordon_error *err)
{
	if (syscall(SYS_keyctl, -1, 0, 0, 0, 0) != -1 || errno != ENOSYS)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the kernel took the filter and does not apply it (guarantee kernel)");
	return true;
}

bool filter_load(struct inside *inside, struct cordon_error *err)
{
	if (is_planted("seccomp"))
		return true;

	bool is_gated = inside->plan.network == NETWORK_FILTERED;
	if (inside->handover.observe || is_gated) {
		struct sock_fprog observed = PROGRAM(filter_observed), gated = PROGRAM(filter_gated),
				  gated_observed = PROGRAM(filter_gated_observed);
		struct sock_fprog *program = !is_gated                  ? &observed
					     : inside->handover.observe ? &gated_observed
									: &gated;
		inside->listener = kernel_seccomp(SECCOMP_SET_MODE_FILTER, OBSERVER_FLAGS, program);
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
	struct sock_fprog quiet = PROGRAM(filter_quiet);
	if (kernel_seccomp(SECCOMP_SET_MODE_FILTER, 0, &quiet) != 0)
		return cordon_fail_errno(err, errno, "load the filter");
	return check_effect(err);
}
