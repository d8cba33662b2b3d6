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
			git checkout -q -b topic-$place 2>/dev/null || git checkout -q -b topic
			echo more >>notes
			git stash -q
			git stash pop -q
			git add notes
			git commit -q -m second
			echo again >>notes
			git commit -q -a -m third
			git rebase -q --force-rebase HEAD~1
			git gc -q
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

. "$VERIFY/attempt.sh"
