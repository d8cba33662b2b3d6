/* kernel: a performance counter.
 * plant: seccomp
 */
#include <linux/perf_event.h>

#include "attempt.h"

const char *held(void)
{
	return "fd:[perf_event]";
}

static int make(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof attributes,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

void prepare(void)
{
	if (make() < 0)
		skip("this host refuses perf_event_open(2) to this user");
}

void act(void)
{
	if (make() < 0) {
		perror("perf_event_open");
		return;
	}
	hold();
}
