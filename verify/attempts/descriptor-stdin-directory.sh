#!/bin/sh
# files.read, hazard 61: standard input is a directory of the host's.
# refusal: allowed
launch() {
	"$@" <"$HOME"
}

act() {
	cat /proc/self/fd/0/.ssh/id_rsa /proc/self/fd/0/../home/.ssh/id_rsa >loot
	echo evil >/proc/self/fd/0/../outside/file
}

happened() {
	leaked || file_changed
}

. "$VERIFY/attempt.sh"
