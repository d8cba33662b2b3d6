#!/bin/sh
# files.protect, hazard 6: the workspace is a folder of a checkout whose settings name hooks in it.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	mv .git "$HOME/.git"
	git config core.hooksPath work/hooks
	mkdir hooks
}

act() {
	payload >hooks/pre-commit && chmod 755 hooks/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
