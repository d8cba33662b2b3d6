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

launch() {
	in_place top/part && in_place linked
}

act() (
	set -e
	case $PWD in
	*/part) ;;
	*) cd part ;;
	esac
	work_on_branch "by-$(basename "$(git rev-parse --show-toplevel)")"
)

worked() {
	cd "$HOME/project/top" && [ "$(git rev-list --count by-top)" = 3 ] && [ "$(git rev-list --count by-linked)" = 3 ] &&
		git fsck >/dev/null 2>&1 && [ ! -e .git/commondir ]
}

. "$VERIFY/git.sh"
