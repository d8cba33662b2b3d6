#!/bin/sh
# kernel, hazard 63: root without any capability writes core_pattern, and the host runs a program at the next crash.
# plant: proc+mounts.readonly+landlock
# fallback plant: landlock
prepare() {
	[ "$(id -u)" = 0 ] || skip "only root may write core_pattern"
	cat /proc/sys/kernel/core_pattern >"$WORLD/pattern"
	# Where a handler gets the cores, a crash in these milliseconds would be lost.
	! grep -q '^|' "$WORLD/pattern" || skip "a program handles this host's cores"
}

act() {
	echo core.%e >/proc/sys/kernel/core_pattern
}

happened() {
	[ "$(cat /proc/sys/kernel/core_pattern)" != "$(cat "$WORLD/pattern")" ]
}

clean() {
	if [ -s "$WORLD/pattern" ] && happened; then
		cat "$WORLD/pattern" >/proc/sys/kernel/core_pattern
	fi
}

. "$VERIFY/attempt.sh"
