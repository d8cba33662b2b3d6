#!/bin/sh
# ipc, hazard 37: with the network open, a socket of the host's whose name nobody can look up: bound by way of a descriptor.
# run: --net open
# plant: observer
prepare() {
	# shellcheck disable=SC2094  # a directory
	"$VERIFY/serve" "$WORLD/served" "$WORLD/received" /proc/self/fd/9/nearby 9<"$OUTSIDE" &
	wait_for "$WORLD/served"
}

act() {
	"$VERIFY/send" stream "$OUTSIDE/nearby" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
