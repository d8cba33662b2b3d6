#!/bin/sh
# files.write: a file of the workspace renamed over one outside.
# plant: mounts.readonly+landlock
act() {
	echo evil >evil
	mv -f evil "$OUTSIDE/file"
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
