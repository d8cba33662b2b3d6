#!/bin/sh
# ipc, hazard 39: a unix datagram socket in a directory that may be read.
prepare() {
	start_servers
}

act() {
	"$VERIFY/send" dgram "$(served dgram)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
