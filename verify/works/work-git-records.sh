#!/bin/sh
# git in a project with a linked worktree, a submodule and hooks of its own: what it does every day goes on.
prepare() {
	mkdir .githooks
	printf '#!/bin/sh\necho ran >>"%s/hooks-ran"\n' "$WORK" >.githooks/pre-commit
	chmod 755 .githooks/pre-commit
	git config core.hooksPath .githooks
	git worktree add -q side
	git -c protocol.file.allow=always submodule --quiet add "$WORK" part
	git commit -q -m part
}

act() {
	set -e
	for place in . side part; do
		(
			cd $place
			work_on_branch "topic-${place#.}"
		)
	done
	git worktree add -q new
	(cd new && echo new >>notes && git commit -q -a -m new)
	git worktree remove new
	git worktree add -q kept
	git log --oneline | wc -l >result
}

worked() {
	[ "$(cat "$WORK/result")" = 4 ] && git fsck >/dev/null 2>&1 && [ "$(git -C side rev-list --count HEAD)" = 3 ] &&
		[ "$(git rev-list --count new)" = 5 ] && [ -s hooks-ran ] && [ ! -e .git/worktrees/new ] &&
		[ "$(git -C kept rev-list --count HEAD)" = 4 ]
}

. "$VERIFY/git.sh"
