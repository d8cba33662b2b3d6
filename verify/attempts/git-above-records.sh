#!/bin/sh
# files.protect, hazards 6 and 18: the workspace is a folder of a checkout, and so the repository above may be written: but not the
# hooks and settings of its submodules and worktrees, which git obeys on the host.
# run: --workspace "$WORK/src"
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git -c protocol.file.allow=always submodule --quiet add "$WORK" libs/part
	git commit -q -m part
	git worktree add -q side
	git config extensions.worktreeConfig true
	ln -s src/.begun .begun
	ln -s src/.ended .ended
}

act() {
	cd "$WORK" || return
	payload >src/run-me && chmod 755 src/run-me
	payload >.git/modules/libs/part/hooks/pre-commit && chmod 755 .git/modules/libs/part/hooks/pre-commit
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/src/run-me" >>.git/modules/libs/part/config
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/src/run-me" >.git/worktrees/side/config.worktree
}

happened() (
	host_is_owned_by_git || { WORK=$WORK/side && host_is_owned_by_git; }
)

. "$VERIFY/attempt.sh"
