#!/bin/sh
# net.off, hazard 55: UDP to the host's loopback.
# plant: namespaces.net
prepare() {
	start_servers
	[ -n "$(served udp4)" ] || skip "this host does not serve udp4"
}

act() {
	"$VERIFY/send" udp4 "$(served udp4)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
