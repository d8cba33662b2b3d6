/* kernel: a BPF map, the way into one of the kernel's largest interfaces. */
#include <linux/bpf.h>

#include "attempt.h"

const char *held(void)
{
	return "fd:bpf-map";
}

static int make(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

void prepare(void)
{
	if (make() < 0)
		skip("this host refuses bpf(2) to this user");
}

void act(void)
{
	if (make() < 0) {
		perror("bpf");
		return;
	}
	hold();
}
