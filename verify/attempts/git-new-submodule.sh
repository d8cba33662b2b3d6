#!/bin/sh
# files.protect, hazard 6: a repository of the command's own, entered as a submodule: the project's git status obeys it.
# plant: observer.notes
# fallback: files.protect
act() {
	payload >run-me && chmod 755 run-me
	git clone -q . part
	git -C part config core.fsmonitor "$WORK/run-me"
	git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),part"
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
