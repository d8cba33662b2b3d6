#!/bin/sh
# files.protect, hazards 2 and 6: .git is a link to the repository's real place, and the command replaces the link.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	mv .git real
	ln -s real .git
}

act() {
	cp -R real evil && payload >evil/hooks/pre-commit && chmod 755 evil/hooks/pre-commit
	rm -f .git && ln -s evil .git
	payload >real/hooks/pre-commit && chmod 755 real/hooks/pre-commit
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
