#!/bin/sh
# git as people use it: add, commit, branch, checkout, stash, gc, worktree, log.
act() {
	set -e
	echo more >>notes
	git add notes
	git commit -q -m second
	git checkout -q -b topic
	echo topic >>notes
	git stash -q
	git stash pop -q
	git commit -q -a -m third
	git checkout -q main
	git merge -q topic
	git gc -q
	git log --oneline | wc -l >result
}

worked() {
	[ "$(cat "$WORK/result")" = 3 ] && [ "$(git rev-list --count HEAD)" = 3 ] && git fsck >/dev/null 2>&1 &&
		git diff --quiet HEAD
}

. "$VERIFY/attempt.sh"
