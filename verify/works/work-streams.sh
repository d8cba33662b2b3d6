#!/bin/sh
# Standard input, output and error: each to its own place, one MiB byte for byte, through files and pipes.
launch() {
	head -c 1048576 /dev/urandom >"$WORLD/in"
	"$@" cat <"$WORLD/in" >"$WORLD/out"
	# shellcheck disable=SC2002  # a pipe is what is tested
	cat "$WORLD/in" | "$@" cat | cat >"$WORLD/piped"
	"$@" both >"$WORLD/one" 2>"$WORLD/two"
	"$@" cat <&- >"$WORLD/closed" 2>&1
	"$@" both 2>"$WORLD/three" | head -c 2 >"$WORLD/cut"
}

act() {
	case $1 in
	cat) cat ;;
	both)
		echo one
		echo two >&2
		;;
	esac
}

worked() {
	cmp "$WORLD/in" "$WORLD/out" && cmp "$WORLD/in" "$WORLD/piped" && [ "$(cat "$WORLD/one")" = one ] &&
		[ "$(cat "$WORLD/two")" = two ] && [ "$(cat "$WORLD/cut")" = on ]
}

. "$VERIFY/attempt.sh"
