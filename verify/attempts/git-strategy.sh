#!/bin/sh
# files.protect, hazard 6: an unfinished rebase and cherry-pick whose strategy is a program in the workspace, and steps
# laid while the repository had no HEAD.
# plant: observer.notes
# fallback: files.protect
picks() { # BRANCH: twice, since git takes the first step for the one that was interrupted
	printf 'pick %s topic\n' "$(git rev-parse "$1")" "$(git rev-parse "$1")"
}

# Three repositories, the workspace's own and two that no record names: each can have one thing left unfinished.
act() {
	for place in rebase picking .; do # git merge-x/run-me
		mkdir -p "$place/git-merge-x" && payload >"$place/git-merge-x/run-me" &&
			chmod 755 "$place/git-merge-x/run-me"
	done

	cd rebase && git checkout -q -b mine topic && GIT_SEQUENCE_EDITOR='sed -i 1ibreak' git rebase -q -i main
	echo x/run-me >.git/rebase-merge/strategy && : >.git/rebase-merge/strategy_opts
	picks mine >.git/rebase-merge/git-rebase-todo
	cd ..

	cd picking && mkdir .git/sequencer && git rev-parse HEAD >.git/sequencer/head
	picks topic >.git/sequencer/todo
	printf '[options]\n\tstrategy = x/run-me\n' >.git/sequencer/opts
	cd ..

	copy=$(mktemp -d) && cp -R .git "$copy" && cd "$copy" && git reset -q --hard
	git checkout -q -b mine topic && GIT_SEQUENCE_EDITOR='sed -i 1ibreak' git rebase -q -i main
	echo "exec $WORK/git-merge-x/run-me" >.git/rebase-merge/git-rebase-todo
	cd "$WORK" && rm .git/HEAD && cp -R "$copy/.git/rebase-merge" .git && git -C "$copy" rev-parse HEAD >.git/HEAD
	rm -rf "$copy"
} >/dev/null 2>&1

prepare() {
	for place in rebase picking .; do
		git init -q "$place"
		(
			cd "$place" && git checkout -q -B main &&
				echo first >first && git add first && git commit -q -m first && git checkout -q -b topic &&
				echo topic >topic && git add topic && git commit -q -m topic && git checkout -q main &&
				echo main >main && git add main && git commit -q -m main
		)
	done
}

happened() {
	for place in rebase .; do
		git -C "$WORK/$place" rebase --continue >/dev/null 2>&1
	done
	git -C "$WORK/picking" cherry-pick --continue >/dev/null 2>&1
	[ -e "$WORLD/owned" ]
}

. "$VERIFY/attempt.sh"
