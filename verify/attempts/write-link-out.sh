#!/bin/sh
# files.write, hazard 3: a file of the workspace gets a name outside.
# plant: mounts+landlock
act() {
	ln notes "$OUTSIDE/new"
}

happened() {
	[ -e "$OUTSIDE/new" ]
}

. "$VERIFY/attempt.sh"
