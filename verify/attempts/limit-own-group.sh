#!/bin/sh
# limits, hazard 71: the command raises the limit of its own control group, which the policy lets it write.
# run: --processes 60 --write /sys/fs/cgroup
# refusal: demanded
prepare() {
	[ -w /sys/fs/cgroup/pids/cgroup.procs ] || skip "this user may make no control group of version 1"
}

act() {
	"$VERIFY/hog" forks 250 && echo yes >survived
}

happened() {
	[ -e "$WORK/survived" ]
}

. "$VERIFY/attempt.sh"
