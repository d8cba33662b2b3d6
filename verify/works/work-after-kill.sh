#!/bin/sh
# After cordon was killed the next run works, and removes what the first one had to leave.
# ending: killed
prepare() {
	mkdir -p "$HOME/.claude" # so that .claude is held
}

launch() {
	if [ "$SIDE" = inside ]; then
		"$@" long &
		sleep 0.5
		kill -KILL "$!"
		wait "$!"
	fi
	"$@" short
}

act() {
	case $1 in
	long) sleep 5 ;;
	short) git log >/dev/null && echo finished >finished ;;
	esac
}

worked() {
	[ -s "$WORK/finished" ] && [ ! -e "$WORK/.git/commondir" ] && [ ! -e "$WORK/.claude" ]
}

. "$VERIFY/attempt.sh"
