#!/bin/sh
# ipc, hazard 74: a socket in a directory that may be read, which starts to listen when the command runs already.
# plant: observer
# fallback plant: sockets+observer
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
