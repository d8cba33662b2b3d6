#!/bin/sh
# Two runs in one workspace: both start, the first to end takes nothing from the second, and nothing is left.
prepare() {
	mkdir -p "$HOME/.claude" # so that .claude is held
}

launch() {
	"$@" short &
	first=$!
	"$@" long
	status=$?
	wait "$first" || status=1
	return "$status"
}

act() {
	case $1 in
	short) sleep 0.3 && echo first >first ;;
	long) sleep 1 && git log >/dev/null && echo second >second ;;
	esac
}

worked() {
	[ -s "$WORK/first" ] && [ -s "$WORK/second" ] && [ ! -e "$WORK/.git/commondir" ] && [ ! -e "$WORK/.claude" ]
}

. "$VERIFY/attempt.sh"
