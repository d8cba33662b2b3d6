#!/bin/sh
# files.write: a file outside removed.
# plant: mounts.readonly+landlock
act() {
	rm -f "$OUTSIDE/file"
}

happened() {
	[ ! -e "$OUTSIDE/file" ]
}

. "$VERIFY/attempt.sh"
