#!/bin/sh
# files.write: a directory outside moved into the workspace.
# plant: mounts.readonly+landlock
act() {
	mv "$OUTSIDE/folder" taken
}

happened() {
	[ ! -e "$OUTSIDE/folder/inner" ]
}

. "$VERIFY/attempt.sh"
