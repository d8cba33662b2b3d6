#!/bin/sh
# What the command does to the first process of its own tree does not hurt the run.
act() {
	# Bare, process 1 is the host's.
	if [ "$SIDE" = inside ]; then
		kill -KILL 1
		kill -STOP 1
		kill -TERM 1
	fi
	(setsid sleep 0.2 &)
	sleep 0.1
	echo still here >result
}

worked() {
	[ "$(cat "$WORK/result")" = "still here" ]
}

. "$VERIFY/attempt.sh"
