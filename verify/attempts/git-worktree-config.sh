#!/bin/sh
# files.protect, hazard 6: settings of one worktree, which do not exist yet and which git reads where it may have them.
# run: --no-observe
prepare() {
	git worktree add -q side
	git config extensions.worktreeConfig true
}

act() {
	payload >run-me && chmod 755 run-me
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >.git/worktrees/side/config.worktree
}

happened() {
	WORK=$WORK/side
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
