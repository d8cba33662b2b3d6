/* What a fork of the supervisor holds open: whoever reads from a pipe of the caller's waits until nobody holds the
 * other end.
 */
#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

/* The lowest of the descriptors from `from` on; ~0u: none. */
static unsigned next_kept(const int *kept, size_t count, unsigned from)
{
	unsigned next = ~0u;
	for (size_t i = 0; i < count; i++)
		if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next)
			next = (unsigned)kept[i];
	return next;
}

bool descriptors_keep(const int *kept, size_t count)
{
	for (unsigned from = 0, next = 0; next != ~0u; from = next + 1) {
		next = next_kept(kept, count, from);
		if (next > from && kernel_close_range(from, next - (next != ~0u), 0) != 0)
			return false;
	}
	return true;
}
