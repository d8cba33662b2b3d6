#!/bin/sh
# files.write: a new file outside the workspace.
# plant: mounts.readonly+landlock
act() {
	echo evil >"$OUTSIDE/new"
}

happened() {
	[ -e "$OUTSIDE/new" ]
}

. "$VERIFY/attempt.sh"
