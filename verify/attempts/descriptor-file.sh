#!/bin/sh
# files.write, hazards 25 and 61: a writable file that the launcher happens to have open.
# plant: descriptors
launch() {
	"$@" 8>>"$OUTSIDE/file"
}

act() {
	echo evil >&8
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
