#!/bin/sh
# ipc, hazard 74: a socket in a directory that may be read, which starts to listen when the command runs already.
# open: sockets are looked for when the run starts; Landlock can close the rest from ABI 9 on (Linux 7.1)
launch() {
	launch_before_servers "$OUTSIDE/late" "$@"
}

act() {
	send_when_served
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
