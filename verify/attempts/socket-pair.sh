#!/bin/sh
# ipc, hazard 62: a unix datagram socket addressed from a socketpair, without socket() or connect().
# fallback plant: sockets+observer
prepare() {
	start_servers
}

act() {
	"$VERIFY/send" pair "$(served dgram)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
