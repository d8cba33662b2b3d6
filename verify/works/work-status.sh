#!/bin/sh
# The exit status is the command's own, 128+n for a signal, 126 and 127 when it cannot be started.
launch() {
	case $SIDE in
	bare) set -- env ;;
	inside) set -- "$PROGRAM" run -- ;;
	esac
	for code in 0 1 3 124 125 200 255; do
		"$@" sh -c "exit $code"
		echo "$code $?"
	done
	for signal in HUP:1 INT:2 KILL:9 SEGV:11 TERM:15 USR1:10; do
		# shellcheck disable=SC2016  # for the inner shell
		"$@" sh -c "kill -${signal%:*} "'$$'
		echo "$((128 + ${signal#*:})) $?"
	done
	echo "not a program" >plain
	chmod 644 plain
	"$@" ./plain
	echo "126 $?"
	"$@" ./missing
	echo "127 $?"
	"$@" no-such-command-anywhere
	echo "127 $?"
} 2>>"$WORLD/errors"

act() {
	:
}

worked() {
	[ "$(wc -l <"$WORLD/output")" = 16 ] && awk '$1 != $2 { print; bad = 1 } END { exit bad }' "$WORLD/output"
}

. "$VERIFY/attempt.sh"
