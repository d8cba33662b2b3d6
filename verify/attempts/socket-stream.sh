#!/bin/sh
# ipc, hazard 37: a unix socket in a directory that may be read.
# fallback plant: sockets+observer
prepare() {
	start_servers
}

act() {
	"$VERIFY/send" stream "$(served stream)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
