/* kernel, hazard 29: an io_uring, which carries out calls that the filter refuses.
 * plant: seccomp
 */
#include <linux/io_uring.h>

#include "attempt.h"

const char *held(void)
{
	return "fd:[io_uring]";
}

static int make(void)
{
	struct io_uring_params parameters = { 0 };
	return (int)syscall(SYS_io_uring_setup, 4, &parameters);
}

void prepare(void)
{
	if (make() < 0)
		skip("this host has no io_uring for this user");
}

void act(void)
{
	if (make() < 0) {
		perror("io_uring_setup");
		return;
	}
	hold();
}
