#!/bin/sh
# limits: processes of the command that take the processor on equal terms with what the user does beside it.
# plant: share
# fallback plant: share
name=nap$(id -u) # as ps shows it

prepare() {
	cp "$(command -v sleep)" "$name"
}

launch() {
	"$@" &
	for _ in $(seq 100); do
		grep -h "($name)" /proc/[0-9]*/stat 2>/dev/null | cut -d' ' -f19 >"$WORLD/niceness"
		[ ! -s "$WORLD/niceness" ] || break
		sleep 0.02
	done
	wait
}

act() {
	"./$name" 1
}

happened() {
	[ "$(head -n 1 "$WORLD/niceness")" = "$(cut -d' ' -f19 /proc/self/stat)" ]
}

worked() {
	[ -s "$WORLD/niceness" ]
}

. "$VERIFY/attempt.sh"
