#!/bin/sh
# files.protect, hazards 6 and 18: the workspace is a git directory without a checkout.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	git clone -q --bare . store && mv .git was && mv store/* . && rmdir store
	rm -rf hooks
}

act() {
	payload >run-me && chmod 755 run-me
	mkdir -p hooks
	payload >hooks/post-update && chmod 755 hooks/post-update
	payload >hooks/reference-transaction && chmod 755 hooks/reference-transaction
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >>config
}

happened() {
	cd "$WORK" && git tag the-users-own
	[ -e "$WORLD/owned" ]
}

. "$VERIFY/attempt.sh"
