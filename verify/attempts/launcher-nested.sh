#!/bin/sh
# launcher, hazards 34 and 73: cordon inside a cordon that grants more: the inner one is as tight as it says, or refuses by name.
# plant: landlock
# fallback: no the outer cordon is what refuses namespaces here
launch() {
	if [ "$SIDE" = bare ]; then
		"$@"
		return
	fi
	shift 3 # PROGRAM run --
	outer="--write $OUTSIDE --read $HOME/.ssh/id_rsa --net open"
	inner="--accept files.write --accept files.read --accept files.protect=absent --accept processes --accept tree"
	# shellcheck disable=SC2086  # words
	"$PROGRAM" run $outer -- "$PROGRAM" run -- touch "$WORK/ran" 2>"$WORLD/refusal"
	# shellcheck disable=SC2086,SC2016
	"$PROGRAM" run $outer -- sh -c 'cat "$HOME/.ssh/id_rsa" >/dev/null && : >>"$0"' "$OUTSIDE/file" &&
		touch "$WORLD/granted"
	# shellcheck disable=SC2086
	"$PROGRAM" run $outer -- "$PROGRAM" run $inner -- "$@"
}

act() {
	echo evil >"$OUTSIDE/file"
	cat "$HOME/.ssh/id_rsa" >loot
}

happened() {
	[ -e "$WORK/ran" ] || file_changed || leaked
}

# The outer one alone would not have held it, and the inner one has named what it lacks.
worked() {
	[ "$SIDE" = bare ] || { [ -e "$WORLD/granted" ] && grep -q 'files.protect (absent)' "$WORLD/refusal"; }
}

. "$VERIFY/attempt.sh"
