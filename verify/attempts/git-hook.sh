#!/bin/sh
# files.protect, hazard 18: a git hook that the user's next commit would run.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
act() {
	payload >.git/hooks/pre-commit
	chmod 755 .git/hooks/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
