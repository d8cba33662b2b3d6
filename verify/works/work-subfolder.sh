#!/bin/sh
# A run from a folder of the workspace starts in that folder.
launch() {
	cd src && case $SIDE in
	bare) "$@" ;;
	inside) "$PROGRAM" run --workspace "$WORK" -- "$VERIFY/work-subfolder" act ;;
	esac
}

act() {
	pwd >here
	echo up >../up
}

worked() {
	[ "$(cat "$WORK/src/here")" = "$WORK/src" ] && [ "$(cat "$WORK/up")" = up ]
}

. "$VERIFY/attempt.sh"
