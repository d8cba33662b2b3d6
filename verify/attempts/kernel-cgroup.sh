#!/bin/sh
# kernel: root makes control groups, in which limits could be left and release agents set.
group() {
	for controller in /sys/fs/cgroup/pids /sys/fs/cgroup/unified /sys/fs/cgroup; do
		if [ -e "$controller/cgroup.procs" ]; then
			echo "$controller/$TAG"
			return
		fi
	done
}

prepare() {
	[ "$(id -u)" = 0 ] || skip "only root may make control groups here"
	[ -n "$(group)" ] || skip "this host has no control groups mounted"
	[ -w "$(dirname "$(group)")" ] || skip "the control groups of this host are read-only"
}

act() {
	mkdir "$(group)"
}

happened() {
	[ -d "$(group)" ]
}

clean() {
	[ -z "$(group)" ] || rmdir "$(group)" 2>/dev/null
}

. "$VERIFY/attempt.sh"
