#!/bin/sh
# files.write, hazard 1: a start-up file of the user's shell that does not exist yet, in a directory with hidden names.
# plant: mounts+landlock
act() {
	echo 'evil' >"$HOME/.profile"
	mv notes "$HOME/notes"
}

happened() {
	[ -e "$HOME/.profile" ] || [ -e "$HOME/notes" ]
}

# A write that is thrown away must not look like one that was done.
worked() {
	[ "$SIDE" = bare ] || grep -qi -e 'read-only' -e 'denied' -e 'cannot' "$WORLD/errors"
}

. "$VERIFY/attempt.sh"
