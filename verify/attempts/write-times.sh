#!/bin/sh
# files.write, hazard 11: the times of a file outside, which Landlock does not guard.
# plant: mounts.readonly
# fallback: files.write
act() {
	touch -d 2001-01-01 "$OUTSIDE/file"
}

happened() {
	[ "$(stat -c %Y "$OUTSIDE/file")" -lt 1000000000 ]
}

. "$VERIFY/attempt.sh"
