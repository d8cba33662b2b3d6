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
	# shellcheck disable=SC2016  # for the inner shell
	launch_in_internet sh -c '
		"$@" &
		running=$!
		tries=0
		until [ -s "$WORK/waiting" ] || [ $tries = 100 ]; do
			tries=$((tries + 1))
			sleep 0.05
		done
		worker=$running
		[ "$SIDE" = bare ] || worker=$(pgrep -x cordon-gate -P $running | head -n 1)
		cut -d" " -f19 "/proc/$worker/stat" >"$WORLD/niceness"
		echo yes >"$WORK/go"
		wait $running' sh "$@"
}

act() {
	echo yes >waiting
	wait_for go
}

happened() {
	[ "$(cat "$WORLD/niceness")" = "$(cut -d' ' -f19 /proc/self/stat)" ]
}

worked() {
	[ -s "$WORLD/niceness" ]
}

. "$VERIFY/attempt.sh"
