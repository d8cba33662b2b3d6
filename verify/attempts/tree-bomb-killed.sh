#!/bin/sh
# tree, hazards 32 and 66: the launcher killed in the middle of a fork bomb (of at most 150 processes).
# run: --processes 200 --accept limits.processes=absent
# plant: dies-with-parent+janitor
# ending: killed
launch() {
	"$@" &
	wait_for "$WORK/heartbeat" || return
	kill -KILL $!
	wait
	sleep 0.5
}

act() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		(
			for _ in 1 2 3 4 5 6 7 8 9 10; do
				(setsid sleep 6 &) # it is left to init at once
			done
		) &
	done
	"$VERIFY/heartbeat.sh" &
	wait
	sleep 6
}

happened() {
	for process in /proc/[0-9]*; do
		grep -qsF "WORLD=$WORLD" "$process/environ" && [ "$(cat "$process/comm" 2>/dev/null)" = sleep ] && return
	done
	beats
}

. "$VERIFY/attempt.sh"
