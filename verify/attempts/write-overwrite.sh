#!/bin/sh
# files.write: the content of a file outside, replaced and appended to.
# plant: mounts.readonly+landlock
# fallback plant: landlock
act() {
	echo evil >"$OUTSIDE/file"
	echo evil >>"$OUTSIDE/file"
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
