#!/bin/sh
# Two runs in one workspace: both start, the first to end takes nothing from the second, and nothing is left.
launch() {
	"$@" short &
	first=$!
	"$@" long
	status=$?
	wait "$first" || status=1
	[ "$SIDE" = bare ] || ls -A "$HOME/.local/state/cordon/placeholders" >"$WORLD/left"
	return "$status"
}

act() {
	case $1 in
	short) sleep 0.3 && echo first >first ;;
	long) sleep 1 && git log >/dev/null && echo second >second ;;
	esac
}

worked() {
	[ -s "$WORK/first" ] && [ -s "$WORK/second" ] && [ ! -e "$WORK/.git/commondir" ] &&
		{ [ "$SIDE" = bare ] || [ ! -s "$WORLD/left" ]; }
}

. "$VERIFY/attempt.sh"
