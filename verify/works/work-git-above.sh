#!/bin/sh
# git where the repository lies outside the workspace: in a folder of the checkout, and in a linked
# worktree beside it.
prepare() {
	mkdir "$HOME/project"
	git init -q -b main "$HOME/project/top"
	cd "$HOME/project/top"
	mkdir part
	echo first >part/notes
	git add . && git commit -q -m first
	git worktree add -q ../linked
}

in_place() { # DIRECTORY COMMAND...
	cd "$HOME/project/$1" || return
	shift
	case $SIDE in
	bare) "$VERIFY/work-git-above" act ;;
	inside) "$PROGRAM" run -- "$VERIFY/work-git-above" act ;;
	esac
}

launch() {
	in_place top/part && in_place linked
}

act() (
	set -e
	case $PWD in
	*/part) ;;
	*) cd part ;;
	esac
	git checkout -q -b "by-$(basename "$(git rev-parse --show-toplevel)")"
	echo more >>notes
	git stash -q && git stash pop -q
	git add notes && git commit -q -m second
	echo again >>notes
	git commit -q -a -m third
	git rebase -q --force-rebase HEAD~1
	git gc -q
)

worked() {
	cd "$HOME/project/top" && [ "$(git rev-list --count by-top)" = 3 ] && [ "$(git rev-list --count by-linked)" = 3 ] &&
		git fsck >/dev/null 2>&1 && [ ! -e .git/commondir ]
}

. "$VERIFY/attempt.sh"
