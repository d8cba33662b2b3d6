#!/bin/sh
# launcher, hazard 73: the environment claims that this is inside a cordon already.
launch() {
	CORDON=1 CORDON_RUN_ID=00000000000000000000000000 container=docker "$@"
}

act() {
	echo evil >"$OUTSIDE/file"
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
