#!/bin/sh
# net.filtered: ten thousand connections, a thousand at once; three hundred that read nothing of much, six hundred requests to the proxy
# that never end, and a flood of questions for names. All the while the gate is two processes, its memory below what gate.h
# states, and the next connection is served.
# run: --net filtered --allow allowed.test --open-files 16384
launch() {
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		"$VERIFY/crowd.py" serve "$WORLD/ready" &
		until [ -s "$WORLD/ready" ]; do
			sleep 0.05
		done
		"$VERIFY/crowd.py" watch "$@"
		kill $!' sh "$@"
}

act() {
	"$VERIFY/crowd.py" come allowed.test
}

worked() {
	grep -qx "done" "$WORLD/output" && grep -q "^1000 at once" "$WORLD/output" || return
	[ "$SIDE" = bare ] || tail -n 1 "$WORLD/output" | {
		read -r peak processes threads
		echo "$peak KiB, $processes processes, $threads threads"
		[ "$peak" -le 184320 ] && [ "$peak" -gt 0 ] && [ "$processes" = 2 ] && [ "$threads" -le 32 ]
	}
}

. "$VERIFY/internet.sh"
