#!/bin/sh
# files.read, hazard 8: a write below a hidden directory that seems to succeed, and is lost.
# plant: mounts.facade+mounts.readonly+landlock
# fallback plant: landlock
act() {
	if mkdir -p "$HOME/.ssh/made"; then
		: >told
	fi
}

happened() {
	[ -e "$WORK/told" ]
}

. "$VERIFY/attempt.sh"
