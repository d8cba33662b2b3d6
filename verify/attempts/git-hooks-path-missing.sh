#!/bin/sh
# files.protect, hazards 1 and 6: core.hooksPath, of the user's own settings, names a folder that is not there yet.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git config --global core.hooksPath tools/hooks
}

act() {
	mkdir -p tools/hooks
	payload >tools/hooks/pre-commit
	chmod 755 tools/hooks/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
