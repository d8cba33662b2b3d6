#!/bin/sh
# limits: a control group that cannot be made after all is no error for a preset's limit, which is kept as well as it goes
# and said to be partial; for a limit that was stated it is one.
# fallback: no limits of a tree need namespaces
prepare() {
	[ "$(id -u)" = 0 ] || skip "only root has control groups here"
	[ -w /sys/fs/cgroup/pids ] && [ -e /sys/fs/cgroup/pids/tasks ] || skip "there are no control groups of version 1"
}

# Every name that cordon would try is taken: it keeps its number when the shell becomes it.
crowded() { # CORDON-ARGUMENT...
	# shellcheck disable=SC2016  # for the inner shell
	sh -c '
		place=/sys/fs/cgroup/pids$(sed -n "s/.*:pids://p" /proc/self/cgroup)
		[ -d "$place" ] || place=/sys/fs/cgroup/pids
		number=0
		while [ $number -lt 120 ]; do
			number=$((number + 1))
			mkdir "$place/cordon-$$-$number" || exit
			echo "$place/cordon-$$-$number" >>"$WORLD/groups"
		done
		exec "$@"' crowded "$@"
}

launch() {
	[ "$SIDE" = inside ] || return 0
	crowded "$PROGRAM" run --report "$WORLD/report" -- true
	echo "preset $?"
	crowded "$PROGRAM" run --processes 100 -- true
	echo "stated $?"
}

act() {
	:
}

worked() {
	[ "$SIDE" = inside ] || return 0
	grep -qx 'preset 0' "$WORLD/output" && grep -q '"limits.processes": "partial"' "$WORLD/report" &&
		grep -qx 'stated 125' "$WORLD/output" && grep -q 'make a control group' "$WORLD/errors"
}

clean() {
	[ ! -e "$WORLD/groups" ] || xargs rmdir <"$WORLD/groups"
}

. "$VERIFY/attempt.sh"
