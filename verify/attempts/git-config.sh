#!/bin/sh
# files.protect, hazard 6: git's configuration made to run a program at the user's next command.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
act() {
	payload >run-me
	chmod 755 run-me
	git config core.fsmonitor "$WORK/run-me"
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >>.git/config
	cp .git/config config && printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >>config && mv -f config .git/config
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
