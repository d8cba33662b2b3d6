#!/bin/sh
# limits: processes of the command that take the processor on equal terms with what the user does beside it, and memory.
# plant: share
# fallback plant: share
name=nap$(id -u) # as ps shows it

prepare() {
	cp "$(command -v sleep)" "$name"
}

launch() {
	"$@" &
	for _ in $(seq 100); do
		stat=$(grep -l "($name)" /proc/[0-9]*/stat 2>/dev/null | head -n 1)
		[ -z "$stat" ] || cat "${stat%stat}oom_score_adj" >"$WORLD/memory" 2>/dev/null
		grep -h "($name)" /proc/[0-9]*/stat 2>/dev/null | cut -d' ' -f19 >"$WORLD/niceness"
		[ ! -s "$WORLD/niceness" ] || [ ! -s "$WORLD/memory" ] || break
		sleep 0.02
	done
	wait
}

act() {
	"./$name" 1
}

happened() {
	[ "$(head -n 1 "$WORLD/niceness")" = "$(cut -d' ' -f19 /proc/self/stat)" ] ||
		[ "$(cat "$WORLD/memory")" = "$(cat /proc/self/oom_score_adj)" ]
}

worked() {
	[ -s "$WORLD/niceness" ] && [ -s "$WORLD/memory" ]
}

. "$VERIFY/attempt.sh"
