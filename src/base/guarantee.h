/* base/guarantee.h: the closed set of guarantees, and how well one holds.
 *
 * The names are part of the product: policies (`accept`), `cordon doctor`, reports and errors use them.
 */
#pragma once

#include <stdbool.h>

enum guarantee {
	GUARANTEE_FILES_WRITE,
	GUARANTEE_FILES_READ,
	GUARANTEE_FILES_PROTECT,
	GUARANTEE_NET_OFF,
	GUARANTEE_NET_FILTERED,
	GUARANTEE_NET_DNS,
	GUARANTEE_IPC,
	GUARANTEE_PROCESSES,
	GUARANTEE_KERNEL,
	GUARANTEE_TERMINAL,
	GUARANTEE_DESKTOP,
	GUARANTEE_REGISTRY,
	GUARANTEE_CREDENTIALS,
	GUARANTEE_LIMITS_MEMORY,
	GUARANTEE_LIMITS_CPU,
	GUARANTEE_LIMITS_CPU_TIME,
	GUARANTEE_LIMITS_WALL_TIME,
	GUARANTEE_LIMITS_PROCESSES,
	GUARANTEE_LIMITS_OPEN_FILES,
	GUARANTEE_LIMITS_DISK,
	GUARANTEE_LIMITS_FILE_SIZE,
	GUARANTEE_LIMITS_OUTPUT,
	GUARANTEE_TREE,
	GUARANTEE_COUNT,
};

/* How well a guarantee holds; a larger value is better. */
enum level {
	LEVEL_UNASKED, /* the plan does not ask for it, or it has no meaning on the platform */
	LEVEL_ABSENT,
	LEVEL_PARTIAL,
	LEVEL_ENFORCED,
};

/* "files.write"; never NULL for a member of the set. */
const char *guarantee_name(enum guarantee guarantee);

/* What it promises in a few words, for people: "writes stay inside the granted roots". */
const char *guarantee_promise(enum guarantee guarantee);

/* The guarantee of that name, or GUARANTEE_COUNT. */
enum guarantee guarantee_find(const char *name);

/* "enforced", "partial", "absent"; "unasked" for LEVEL_UNASKED. */
const char *level_name(enum level level);
