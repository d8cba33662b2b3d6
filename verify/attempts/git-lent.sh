#!/bin/sh
# files.write, hazard 6: an earlier command, in a larger workspace, left records that say that a folder of it belongs to another
# repository of the user's: as a checkout around the folder, and as a worktree's common directory.
# plant: mounts+landlock
prepare() {
	git init -q "$OUTSIDE/repository"
	git -C "$OUTSIDE/repository" commit -q --allow-empty -m theirs
	mkdir -p src/deep tree .git/worktrees/tree
	echo "gitdir: $OUTSIDE/repository/.git" >src/.git
	echo "gitdir: $WORK/.git/worktrees/tree" >tree/.git
	echo "ref: refs/heads/main" >.git/worktrees/tree/HEAD
	echo "$OUTSIDE/repository/.git" >.git/worktrees/tree/commondir
	echo "$WORK/tree/.git" >.git/worktrees/tree/gitdir
	ln -s src/deep/.begun .begun
	ln -s src/deep/.ended .ended
}

launch() {
	(cd src/deep && "$@")
	cd tree && "$@"
}

act() {
	echo lent >>"$OUTSIDE/repository/.git/refs/heads/lent"
}

happened() {
	[ -e "$OUTSIDE/repository/.git/refs/heads/lent" ]
}

. "$VERIFY/attempt.sh"
