#!/bin/sh
# files.protect, hazards 6 and 18: a submodule as older versions of git made it, with a git directory of its own.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git clone -q . part
	git -c protocol.file.allow=always submodule --quiet add "$WORK" part
	git commit -q -m part
}

act() {
	payload >part/.git/hooks/pre-commit && chmod 755 part/.git/hooks/pre-commit
	payload >run-me && chmod 755 run-me
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >>part/.git/config
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
