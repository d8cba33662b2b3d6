#!/bin/sh
# A day with git: clone, rebase, cherry-pick, stash, worktree, tag, bisect, gc, submodule; and from a folder of the repository.
# same: output
# run: --env GIT_AUTHOR_DATE=@1750000000\ +0000 --env GIT_COMMITTER_DATE=@1750000000\ +0000
prepare() {
	git init -q -b main "$WORK/library" 2>/dev/null || return
	git -C "$WORK/library" commit -q --allow-empty -m library
}

git_quiet() {
	git -c advice.detachedHead=false -c protocol.file.allow=always "$@" >>log 2>&1 || echo "failed: git $*"
}

act() {
	export GIT_AUTHOR_DATE="@1750000000 +0000" GIT_COMMITTER_DATE="@1750000000 +0000"
	git_quiet clone library copy
	git_quiet clone --bare . ../work/bare.git
	git_quiet checkout -b topic
	for number in 1 2 3; do
		echo $number >>topic.txt
		git add topic.txt
		git_quiet commit -m "topic $number"
	done
	git_quiet checkout main
	echo more >>notes
	git_quiet commit -a -m "more notes"
	git_quiet rebase main topic
	git_quiet rebase --onto main~1 main topic
	git_quiet checkout main
	git_quiet cherry-pick topic~2
	git_quiet merge -m merged topic -X theirs
	echo unfinished >>notes
	git_quiet stash
	git_quiet stash pop
	git_quiet checkout notes
	git_quiet tag -a v1 -m "version 1"
	git_quiet worktree add ../work/tree topic
	(cd tree && echo tree >file && git add file && git commit -q -m "from the tree")
	git_quiet worktree remove tree
	git_quiet bisect start HEAD HEAD~2
	git_quiet bisect reset
	git_quiet gc --prune=now
	(cd src && echo '/* more */' >>main.c && git add main.c && git commit -q -m "from a folder" && git status --short)
	git_quiet push bare.git main
	git_quiet reset --hard HEAD~1
	git_quiet reflog expire --expire=now --all
	git_quiet fsck
	git log --format=%s --all | sort
	git -C bare.git log --format=%s main | head -n 1
	git status --short | grep -v -e library -e copy -e bare.git -e log
	git diff --exit-code v1 -- nothing && git rev-parse --verify -q none
}

worked() {
	grep -q '^topic 3' "$WORLD/output" && grep -q '^from the tree' "$WORLD/output" && ! grep -q '^failed' "$WORLD/output" &&
		git -C "$WORK" fsck >/dev/null 2>&1
}

. "$VERIFY/attempt.sh"
