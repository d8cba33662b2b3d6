/* kernel, limits: events of asynchronous I/O, of which the whole machine has 65,536 (fs.aio-max-nr): one command could
 * take them all, and a database outside would find none.
 * plant: seccomp
 */
#include <linux/aio_abi.h>

#include "attempt.h"

const char *held(void)
{
	return "map:[aio]";
}

static int make(void)
{
	aio_context_t context = 0;
	return (int)syscall(SYS_io_setup, 4, &context);
}

void prepare(void)
{
	if (make() < 0)
		skip("this host has no asynchronous I/O, or no event of it is left");
}

void act(void)
{
	if (make() < 0) {
		perror("io_setup");
		return;
	}
	hold();
}
