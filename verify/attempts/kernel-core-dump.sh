#!/bin/sh
# limits: a crash leaves an image of the process's memory in the workspace, where it may be committed.
# plant: limits
prepare() {
	case $(cat /proc/sys/kernel/core_pattern) in
	*/* | '|'*) skip "this host's cores do not go to the current directory" ;;
	esac
	[ "$(ulimit -H -c)" != 0 ] || skip "this host lets this user have no cores"
}

act() {
	ulimit -c unlimited || ulimit -c "$(ulimit -H -c)"
	sh -c 'kill -SEGV $$'
	echo crashed
}

happened() {
	set -- "$WORK"/core*
	[ -s "$1" ]
}

worked() {
	grep -qx crashed "$WORLD/output"
}

. "$VERIFY/attempt.sh"
