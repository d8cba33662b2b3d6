#!/bin/sh
# files.read, hazards 25 and 61: a directory that the launcher happens to have open, and everything above it.
# plant: descriptors
launch() {
	"$@" 7<"$HOME"
}

act() {
	cat /proc/self/fd/7/.ssh/id_rsa >loot
}

happened() {
	leaked
}

. "$VERIFY/attempt.sh"
