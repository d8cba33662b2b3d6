#!/bin/sh
# net.off, hazard 55: TCP to the host's loopback by IPv6.
# plant: namespaces.net
prepare() {
	start_servers
	[ -n "$(served tcp6)" ] || skip "this host does not serve tcp6"
}

act() {
	"$VERIFY/send" tcp6 "$(served tcp6)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
