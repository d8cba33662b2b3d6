#!/bin/sh
# net.off, hazard 55: UDP to the host's loopback by IPv6.
# plant: namespaces.net
# fallback plant: families+landlock
prepare() {
	start_servers
	[ -n "$(served udp6)" ] || skip "this host does not serve udp6"
}

act() {
	"$VERIFY/send" udp6 "$(served udp6)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
