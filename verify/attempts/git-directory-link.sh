#!/bin/sh
# files.protect, hazard 6: .git is a file that names the repository's real place, also in the workspace.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	mv .git real
	echo "gitdir: real" >.git
}

act() {
	payload >real/hooks/pre-commit && chmod 755 real/hooks/pre-commit
	cp -R real evil && payload >evil/hooks/pre-commit && chmod 755 evil/hooks/pre-commit
	echo "gitdir: evil" >.git
	rm -f .git && echo "gitdir: evil" >.git
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
