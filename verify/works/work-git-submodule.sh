#!/bin/sh
# git where the workspace is a submodule, one within it, and one of a linked worktree; and a folder of a submodule.
prepare() {
	mkdir "$HOME/project"
	git config --global protocol.file.allow always
	for name in inner part top; do
		git init -q -b main "$HOME/project/$name"
	done
	cd "$HOME/project/inner" && mkdir folder && echo first >folder/notes && git add . && git commit -q -m first
	cd ../part && git submodule --quiet add ../inner && mkdir folder && echo first >folder/notes &&
		git add . && git commit -q -m first
	cd ../top && git submodule --quiet add ../part libs/part && git commit -q -m first
	git submodule --quiet update --init --recursive
	git worktree add -q ../linked && cd ../linked && git submodule --quiet update --init
}

launch() {
	in_place top/libs/part && in_place top/libs/part/inner/folder && in_place linked/libs/part
}

act() (
	set -e
	case $PWD in
	*/folder) ;;
	*) cd folder ;;
	esac
	work_on_branch topic
	[ -z "$(git status --porcelain)" ]
)

worked() {
	for place in top/libs/part top/libs/part/inner linked/libs/part; do
		[ "$(git -C "$HOME/project/$place" rev-list --count topic)" = 3 ] &&
			git -C "$HOME/project/$place" fsck >/dev/null 2>&1 || return
	done
}

. "$VERIFY/git.sh"
