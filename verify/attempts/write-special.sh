#!/bin/sh
# files.write: names outside that are no plain files: a link and a pipe.
# plant: mounts.readonly+landlock
act() {
	ln -s /bin/true "$OUTSIDE/link"
	mkfifo "$OUTSIDE/pipe"
}

happened() {
	[ -L "$OUTSIDE/link" ] || [ -e "$OUTSIDE/pipe" ]
}

. "$VERIFY/attempt.sh"
