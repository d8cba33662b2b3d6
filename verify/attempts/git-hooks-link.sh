#!/bin/sh
# files.protect, hazards 2 and 6: .git/hooks is a link, and the command replaces the link.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	mv .git/hooks shared-hooks
	ln -s ../shared-hooks .git/hooks
}

act() {
	payload >shared-hooks/pre-commit && chmod 755 shared-hooks/pre-commit
	rm -f .git/hooks
	mkdir .git/hooks
	payload >.git/hooks/pre-commit
	chmod 755 .git/hooks/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
