#!/bin/sh
# files.write, hazard 11: the mode of a file outside, which Landlock does not guard.
# plant: mounts.readonly
# fallback: files.write
act() {
	chmod 777 "$OUTSIDE/file" "$OUTSIDE/folder"
}

happened() {
	[ "$(stat -c %a "$OUTSIDE/file")" = 777 ] || [ "$(stat -c %a "$OUTSIDE/folder")" = 777 ]
}

. "$VERIFY/attempt.sh"
