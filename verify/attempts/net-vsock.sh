#!/bin/sh
# net.off, hazard 68: AF_VSOCK, which no namespace divides.
# plant: seccomp
# fallback plant: families+seccomp
prepare() {
	start_servers
	[ -n "$(served vsock)" ] || skip "this host does not serve vsock"
	timeout 1 "$VERIFY/send" vsock "$(served vsock)" probe || skip "vsock does not lead back to this host"
}

act() {
	"$VERIFY/send" vsock "$(served vsock)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
