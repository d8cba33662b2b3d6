#!/bin/sh
# run: --tty
# Forced, a terminal stands in the place of files and pipes too; what comes in by a pipe is typed, and its end is Ctrl-D.
launch() {
	if [ "$SIDE" = bare ]; then
		printf 'a line' | "$@" bare >"$WORLD/out"
		return
	fi
	printf 'a line' | "$@" >"$WORLD/out" 2>/dev/null
	echo "status $?" >>"$WORLD/out"
	head -c 200000 /dev/zero | tr '\0' '\n' >"$WORLD/empty"
	"$@" count <"$WORLD/empty" | tail -n 1 >"$WORLD/count"
	"$@" on </dev/null | head -n 1 >"$WORLD/cut"
}

act() {
	case ${1:-} in
	bare) echo "three terminals <a line>" ;;
	count)
		stty -echo
		wc -l
		;;
	on) while echo on; do :; done ;;
	*)
		if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then
			stty -echo
			line=$(cat)
			echo "three terminals <$line>"
			exit 9
		fi
		;;
	esac
}

worked() {
	grep -q "three terminals <a line>" "$WORLD/out" || return
	[ "$SIDE" = bare ] || { grep -q "status 9" "$WORLD/out" && grep -q 200000 "$WORLD/count" && grep -q on "$WORLD/cut"; }
}

. "$VERIFY/attempt.sh"
