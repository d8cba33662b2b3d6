#!/bin/sh
# net.filtered, limits: what works for the command takes the processor on equal terms with what the user does beside it. Bare
# that is the command alone, inside it is the gate.
# run: --net filtered --allow allowed.test
# plant: share
prepare() {
	prepare_internet
	need pgrep
}

launch() {
	launch_meanwhile "$@"
}

meanwhile() {
	cut -d' ' -f19 "/proc/${gate:-$running}/stat" >"$WORLD/niceness"
}

act() {
	wait_outside
}

happened() {
	[ "$(cat "$WORLD/niceness")" = "$(cut -d' ' -f19 /proc/self/stat)" ]
}

worked() {
	[ -s "$WORLD/niceness" ]
}

. "$VERIFY/internet.sh"
