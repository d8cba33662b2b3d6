#!/bin/sh
# files.protect, hazard 6: a repository that the command makes checks its files out where the command may not write.
# plant: observer.notes
act() {
	git init -q made && cd made || return
	payload >run-me && chmod 755 run-me && git add run-me
	git -c user.name=n -c user.email=e commit -qm run && git rm -q --cached run-me && rm run-me
	git config core.worktree "../../../../../../../../..$OUTSIDE"
}

happened() {
	git -C "$WORK/made" checkout -q -f master >/dev/null 2>&1
	git -C "$WORK/made" checkout -q -f main >/dev/null 2>&1
	[ -e "$OUTSIDE/run-me" ]
}

. "$VERIFY/attempt.sh"
