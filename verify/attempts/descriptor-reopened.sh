#!/bin/sh
# files.write, hazard 61: standard input, opened for reading, opened again for writing through /proc.
# plant: mounts.readonly+landlock
launch() {
	"$@" <"$OUTSIDE/file"
}

act() {
	cat >can-read
	echo evil >>/proc/self/fd/0
}

happened() {
	file_changed
}

worked() {
	grep -qx untouched "$WORK/can-read"
}

. "$VERIFY/attempt.sh"
