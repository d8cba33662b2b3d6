#!/bin/sh
# files.protect, hazard 1: a repository whose hooks directory does not exist yet.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	rm -rf .git/hooks
}

act() {
	mkdir .git/hooks
	payload >.git/hooks/pre-commit
	chmod 755 .git/hooks/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
