#!/bin/sh
# After cordon was killed the next run works, and removes what the first one had to leave.
# ending: killed
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
	short) git log >/dev/null && echo done >done ;;
	esac
}

worked() {
	[ -s "$WORK/done" ] && [ ! -e "$WORK/.git/commondir" ]
}

. "$VERIFY/attempt.sh"
