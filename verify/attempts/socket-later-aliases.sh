#!/bin/sh
# ipc, hazards 27 and 74: the same by names that only the process itself can follow.
# plant: observer
# fallback plant: sockets+observer
launch() {
	launch_before_servers "$WORLD/late" "$@"
}

act() {
	wait_outside
	ln -s /proc/self/root root
	for path in "/proc/self/root$(cat go)" /proc/thread-self/cwd/../../late "root$(cat go)"; do
		"$VERIFY/send" stream "$path" exfiltrated
	done
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
