#!/bin/sh
# ipc, hazard 39: a datagram socket in a directory that may be read, which is bound when the command runs already: sending
# needs no connection.
# plant: observer
# fallback plant: sockets+observer
late=dgram

launch() {
	launch_before_servers "$WORLD/late" "$@"
}

act() {
	send_when_served
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
