#!/bin/sh
# net.off, hazard 58: TCP without connect(), by MSG_FASTOPEN.
# plant: namespaces.net
prepare() {
	start_servers
	[ -n "$(served tcp4)" ] || skip "this host does not serve tcp4"
}

act() {
	"$VERIFY/send" fastopen "$(served tcp4)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
