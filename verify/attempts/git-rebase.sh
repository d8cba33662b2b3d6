#!/bin/sh
# files.protect, hazard 6: a rebase that the command leaves unfinished, whose next step runs a command of its own.
# plant: observer.notes
# fallback: files.protect
act() {
	payload >run-me && chmod 755 run-me
	# shellcheck disable=SC2016  # for the inner shell
	printf '#!/bin/sh\nprintf "break\\nexec %%s\\npick %s\\n" "%s" >"$1"\n' "$(git rev-parse HEAD)" "$WORK/run-me" >steps
	chmod 755 steps
	GIT_SEQUENCE_EDITOR=$WORK/steps git rebase -q -i HEAD~1 >/dev/null 2>&1
	[ -s .git/rebase-merge/git-rebase-todo ]
}

prepare() {
	echo more >>notes && git commit -q -a -m more
}

go_on() {
	git -C "$WORK" rebase --continue >/dev/null 2>&1
}

happened() {
	go_on
	[ -e "$WORLD/owned" ]
}

# What is left to do besides is done.
worked() {
	go_on
	[ ! -d "$WORK/.git/rebase-merge" ] && [ "$(git -C "$WORK" log -1 --format=%s)" = more ]
}

. "$VERIFY/attempt.sh"
