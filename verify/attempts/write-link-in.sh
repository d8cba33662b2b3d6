#!/bin/sh
# files.write, hazard 3: a file outside gets a name in the workspace and is written through it.
# plant: mounts+landlock
act() {
	ln "$OUTSIDE/file" alias && echo evil >alias
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
