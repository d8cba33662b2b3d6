#!/bin/sh
# tree, hazard 33: daemons that are stopped when the command ends, and are woken by somebody outside later.
# plant: namespaces.pid+proc
launch() {
	"$@"
	status=$?
	# Whoever may, wakes them: only what is left can be.
	for process in /proc/[0-9]*; do
		grep -qsF "WORLD=$WORLD" "$process/environ" && kill -CONT "${process#/proc/}" 2>/dev/null
	done
	return $status
}

act() {
	# shellcheck disable=SC2016  # the inner shell's
	(setsid sh -c '"$VERIFY/heartbeat.sh" & echo $! >stopped; wait' >/dev/null 2>&1 </dev/null &)
	wait_for heartbeat && wait_for stopped && kill -STOP "$(cat stopped)"
}

happened() {
	beats
}

. "$VERIFY/attempt.sh"
