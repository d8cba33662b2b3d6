#!/bin/sh
# ipc: a socket of the host in a directory that is a cache, where the command may write.
# plant: mounts
prepare() {
	mkdir -p "$HOME/.cache/service"
	"$VERIFY/serve" "$WORLD/served" "$WORLD/received" "$HOME/.cache/service/socket" &
	wait_for "$WORLD/served"
}

act() {
	"$VERIFY/send" stream "$HOME/.cache/service/socket" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
