#!/bin/sh
# A server and its clients inside: TCP and UDP on both loopbacks, unix sockets by path and abstract.
# fallback: no loopback, nor unix sockets
prepare() {
	start_servers
	sed 's/ .*//' "$WORLD/served" | grep -v vsock >"$OUTSIDE/kinds"
}

act() {
	"$VERIFY/serve" "$WORK/served" "$WORK/received" "$WORK/socket" &
	wait_for "$WORK/served"
	for kind in $(cat "$OUTSIDE/kinds"); do
		"$VERIFY/send" "$kind" "$(sed -n "s/^$kind //p" "$WORK/served")" "<$kind>"
	done
	sleep 0.2
	kill $!
}

worked() {
	for kind in $(cat "$OUTSIDE/kinds"); do
		grep -qF "<$kind>" "$WORK/received" || {
			echo "$kind"
			return 1
		}
	done
}

. "$VERIFY/attempt.sh"
