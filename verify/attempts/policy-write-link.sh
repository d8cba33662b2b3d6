#!/bin/sh
# policy, hazard 67: a path that the user makes writable has been turned, by an earlier run, into a link that leads out.
# run: --write "$WORK/out"
# refusal: allowed
prepare() {
	ln -s "$OUTSIDE" out
}

act() {
	echo evil >out/file
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
