#!/bin/sh
# tree, hazards 32 and 66: the launcher killed while the command runs.
# plant: dies-with-parent+janitor
# ending: killed
launch() {
	"$@" &
	wait_for "$WORK/heartbeat" || return
	kill -KILL $!
	wait
	sleep 0.3
}

act() {
	"$VERIFY/heartbeat.sh" &
	wait
}

happened() {
	beats
}

. "$VERIFY/attempt.sh"
