#!/bin/sh
# files.protect, hazards 6 and 18: the workspace itself becomes a repository, whose config the user's git obeys.
# run: --no-observe
act() {
	rm -f .git/HEAD
	mkdir -p objects refs
	echo 'ref: refs/heads/main' >HEAD
	printf '[core]\n\tpager = evil\n' >config
}

# What the user's next git would start.
happened() {
	[ "$(cd "$WORK" && git config core.pager)" = evil ]
}

. "$VERIFY/attempt.sh"
