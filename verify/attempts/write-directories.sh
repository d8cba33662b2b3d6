#!/bin/sh
# files.write: directories made outside.
# plant: mounts.readonly+landlock
act() {
	mkdir "$OUTSIDE/new"
}

happened() {
	[ -d "$OUTSIDE/new" ]
}

. "$VERIFY/attempt.sh"
