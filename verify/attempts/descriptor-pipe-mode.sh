#!/bin/sh
# files.write, hazard 61: the attributes of a named pipe outside that comes as standard input.
# fallback: files.write
prepare() {
	mkfifo -m 600 "$OUTSIDE/pipe"
}

launch() {
	(sleep 5 >"$OUTSIDE/pipe") &
	writer=$!
	"$@" <"$OUTSIDE/pipe"
	kill "$writer" 2>/dev/null
}

act() {
	chmod 666 /proc/self/fd/0
	echo tried >tried
}

happened() {
	[ "$(stat -c %a "$OUTSIDE/pipe")" = 666 ]
}

worked() {
	[ -e "$WORK/tried" ]
}

. "$VERIFY/attempt.sh"
