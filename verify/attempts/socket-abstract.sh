#!/bin/sh
# ipc, hazard 40: an abstract unix socket of the host.
# plant: namespaces.net+landlock
prepare() {
	start_servers
}

act() {
	"$VERIFY/send" abstract "$(served abstract)" exfiltrated
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
