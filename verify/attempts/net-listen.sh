#!/bin/sh
# net.off, hazard 55: a server of the command's that the host, and so its network, can reach.
# plant: namespaces.net
# fallback: half
launch() {
	"$@" &
	wait_for "$WORK/served"
	"$VERIFY/send" tcp4 "$(sed -n 's/^tcp4 //p' "$WORK/served")" reached
	sleep 0.1
	: >"$WORK/released"
	wait
}

act() {
	"$VERIFY/serve" "$WORK/served" "$WORK/received" "$WORK/socket" &
	server=$!
	wait_for "$WORK/served" && echo yes >can-serve
	until [ -e released ]; do
		sleep 0.05
	done
	kill $server
}

happened() {
	grep -q reached "$WORK/received"
}

worked() {
	[ -e "$WORK/can-serve" ]
}

. "$VERIFY/attempt.sh"
