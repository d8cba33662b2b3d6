#!/bin/sh
# net.off, hazard 55: TCP to the host's loopback.
# plant: namespaces.net
# fallback plant: families+landlock
prepare() {
	start_servers
	[ -n "$(served tcp4)" ] || skip "this host does not serve tcp4"
}

act() {
	"$VERIFY/send" tcp4 "$(served tcp4)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
