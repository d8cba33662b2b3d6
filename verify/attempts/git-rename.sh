#!/bin/sh
# files.protect, hazard 5: .git moved away, with its covers, and another put in its place.
# plant: mounts+observer
# fallback: files.protect
act() {
	sleep 0.2 # without the layer, cordon would be surprised while it starts
	mv .git moved
	cp -R moved .git
	mkdir -p .git/hooks
	payload >.git/hooks/pre-commit
	chmod 755 .git/hooks/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
