#!/bin/sh
# processes, hazard 30: a host process of the same user killed.
# plant: namespaces.pid+proc+landlock
# fallback plant: landlock
prepare() {
	start_victim
}

act() {
	kill -KILL "$(victim pid)"
}

happened() {
	sleep 0.1
	! kill -0 "$(victim pid)"
}

. "$VERIFY/attempt.sh"
