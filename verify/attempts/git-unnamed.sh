#!/bin/sh
# files.protect, hazard 6: a repository within the project that none of git's records names, as people clone them there.
# open: a nested repository that no record names is not protected
# fallback: files.protect
prepare() {
	git clone -q . nested
	echo /nested >>.git/info/exclude
}

act() {
	payload >nested/.git/hooks/pre-commit && chmod 755 nested/.git/hooks/pre-commit
}

happened() {
	WORK=$WORK/nested
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
