#!/bin/sh
# ipc: a named pipe in a directory that may be read, at which a program of the host listens.
# plant: landlock
# fallback plant: landlock
prepare() {
	mkfifo "$WORLD/commands"
	# shellcheck disable=SC2016  # for the inner shell
	timeout 15 sh -c 'cat "$0" >"$1"' "$WORLD/commands" "$WORLD/received" &
}

# Not by a redirection, which would wait for ever where nobody listens.
act() {
	# shellcheck disable=SC2016  # for the inner shell
	timeout 5 sh -c 'echo exfiltrated >"$0"' "$WORLD/commands"
}

happened() {
	sleep 0.1
	received exfiltrated
}

. "$VERIFY/attempt.sh"
