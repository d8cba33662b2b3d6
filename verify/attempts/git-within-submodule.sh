#!/bin/sh
# files.protect, hazards 6 and 18: the workspace is a submodule, whose git directory lies in the repository around it.
# run: --workspace "$WORK/libs/part"
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git -c protocol.file.allow=always submodule --quiet add "$WORK" libs/part
	git commit -q -m part
	git -C libs/part config core.hooksPath .githooks
	ln -s libs/part/.begun .begun
	ln -s libs/part/.ended .ended
}

act() {
	module=.git/modules/libs/part
	cd "$WORK/libs/part" && payload >run-me && chmod 755 run-me
	cp -R ../../$module evil && printf '[core]\n\tfsmonitor = %s\n\tworktree = %s\n' "$PWD/run-me" "$PWD" >>evil/config
	rm -f .git && echo "gitdir: $PWD/evil" >.git
	mkdir -p .githooks && payload >.githooks/pre-commit && chmod 755 .githooks/pre-commit
	cd ../..
	payload >$module/hooks/pre-commit && chmod 755 $module/hooks/pre-commit
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/libs/part/run-me" >>$module/config
	echo "$WORK/libs/part/evil" >$module/commondir
}

happened() (
	host_is_owned_by_git || { WORK=$WORK/libs/part && host_is_owned_by_git; }
)

. "$VERIFY/attempt.sh"
