#!/bin/sh
# ipc, hazard 41: a socket below /tmp, where X11 and editors have theirs, that starts to listen when the command runs
# already.
# plant: tmp
prepare() {
	mkdir "/tmp/$TAG"
}

launch() {
	launch_before_servers "/tmp/$TAG/socket" "$@"
}

act() {
	send_when_served
}

happened() {
	sleep 0.1
	received exfiltrated
}

clean() {
	rm -rf "/tmp/$TAG"
}

. "$VERIFY/attempt.sh"
