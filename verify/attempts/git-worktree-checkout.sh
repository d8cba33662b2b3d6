#!/bin/sh
# files.protect, hazard 6: the checkout of a linked worktree made to name a repository of the command's.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git worktree add -q side
}

act() {
	cp -R .git evil && mkdir -p evil/hooks
	payload >evil/hooks/pre-commit && chmod 755 evil/hooks/pre-commit
	echo "gitdir: $WORK/evil" >side/.git
	rm -f side/.git && echo "gitdir: $WORK/evil" >side/.git
	mv side gone && mkdir side && echo "gitdir: $WORK/evil" >side/.git && cp gone/notes side
}

happened() {
	WORK=$WORK/side
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
