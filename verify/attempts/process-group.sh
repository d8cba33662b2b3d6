#!/bin/sh
# processes, hazard 68: the launcher's process group signalled: kill(0) asks not in which namespace a sibling is.
# plant: session+landlock
launch() {
	trap : USR1
	"$VERIFY/victim" "$WORLD/victim" "$secret" &
	wait_for "$WORLD/victim"
	"$@"
}

act() {
	trap : USR1
	kill -USR1 0
}

happened() {
	sleep 0.1
	grep -qs signalled "$WORLD/victim.log"
}

. "$VERIFY/attempt.sh"
