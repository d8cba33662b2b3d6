#!/bin/sh
# files.write, hazard 11: the owner of a file outside, which Landlock does not guard; root within one user namespace can
# still give a file to itself.
prepare() {
	[ "$(id -u)" = 0 ] || skip "only root may give files away"
}

act() {
	chown 1:1 "$OUTSIDE/file"
}

happened() {
	[ "$(stat -c %u:%g "$OUTSIDE/file")" = 1:1 ]
}

. "$VERIFY/attempt.sh"
