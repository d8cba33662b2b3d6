#!/bin/sh
# files.write: an empty directory outside removed.
# plant: mounts.readonly+landlock
prepare() {
	mkdir "$OUTSIDE/empty"
}

act() {
	rmdir "$OUTSIDE/empty"
}

happened() {
	[ ! -d "$OUTSIDE/empty" ]
}

. "$VERIFY/attempt.sh"
