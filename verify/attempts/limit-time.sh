#!/bin/sh
# limits: a command that takes longer than the policy allows, and does not mind being asked to end.
# run: --time 1s
# refusal: allowed
# ending: killed
launch() {
	{
		"$@"
		echo $? >"$WORLD/over"
	} &
	sleep 5
	[ -e "$WORLD/over" ] || echo late >"$WORLD/late"
	: >"$WORK/released"
	wait
	return "$(cat "$WORLD/over")"
}

act() {
	trap '' TERM HUP INT
	until [ -e released ]; do
		sleep 0.1
	done
}

happened() {
	[ -e "$WORLD/late" ]
}

. "$VERIFY/attempt.sh"
