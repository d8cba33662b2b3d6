#!/bin/sh
# tree, hazard 66: the launcher told to end; the command, which does not mind the signal itself, must not stay behind.
# ending: killed
launch() {
	"$@" &
	wait_for "$WORK/heartbeat" || return
	kill -TERM $!
	wait
	sleep 0.3
}

act() {
	(setsid "$VERIFY/heartbeat.sh" &)
	sleep 30
}

happened() {
	beats
}

. "$VERIFY/attempt.sh"
