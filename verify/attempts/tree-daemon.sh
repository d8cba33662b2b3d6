#!/bin/sh
# tree, hazard 33: a daemon that has left its parent and its session behind.
# plant: namespaces.pid+proc
act() {
	(setsid "$VERIFY/heartbeat.sh" >/dev/null 2>&1 </dev/null &)
	wait_for heartbeat
}

happened() {
	beats
}

. "$VERIFY/attempt.sh"
