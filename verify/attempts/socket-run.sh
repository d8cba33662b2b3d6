#!/bin/sh
# ipc, hazards 37 and 38: a daemon's socket below /run, which starts to listen when the command runs already.
# plant: run
prepare() {
	[ -w /run/lock ] || skip "/run/lock is not writable, so no socket can be put below /run"
	mkdir "/run/lock/$TAG" || skip "cannot make a directory in /run/lock"
}

launch() {
	launch_before_servers "/run/lock/$TAG/socket" "$@"
}

act() {
	send_when_served
}

happened() {
	sleep 0.1
	received exfiltrated
}

clean() {
	rm -rf "/run/lock/$TAG"
}

. "$VERIFY/attempt.sh"
