#!/bin/sh
# ipc, hazard 37: sockets whose names the kernel's table does not tell whole: bound from a folder, or with a newline.
prepare() {
	(cd "$OUTSIDE" && exec "$VERIFY/serve" "$WORLD/served" "$WORLD/received" nearby) &
	wait_for "$WORLD/served"
	odd="$OUTSIDE/odd
name"
	"$VERIFY/serve" "$WORLD/served-odd" "$WORLD/received" "$odd" &
	wait_for "$WORLD/served-odd"
}

act() {
	"$VERIFY/send" stream "$OUTSIDE/nearby" exfiltrated
	"$VERIFY/send" stream "$OUTSIDE/odd
name" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
