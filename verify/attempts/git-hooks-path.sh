#!/bin/sh
# files.protect, hazard 6: the repository's own configuration says that its hooks are elsewhere in the workspace.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	mkdir .husky
	git config core.hooksPath .husky
}

act() {
	payload >.husky/pre-commit
	chmod 755 .husky/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
