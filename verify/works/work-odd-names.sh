#!/bin/sh
# Workspaces whose names hold what a careless launcher takes for something else.
launch() {
	number=0
	# shellcheck disable=SC2016  # a name, not a variable
	for name in 'with space' "quote'and\"double" '*?[x]' '-dash' 'comma,colon:semi;' 'back\slash' 'ünïcödé' '$HOME' \
		'%s' '
newline'; do
		number=$((number + 1))
		mkdir -- "$HOME/$name" && cd -- "$HOME/$name" || return
		"$@" $number
		[ "$(cat here)" = "$number $HOME/$name" ] || echo "$name" >>"$WORLD/wrong"
	done
	echo $number >"$WORLD/tried"
}

act() {
	echo "$1 $(pwd)" >here
}

worked() {
	[ ! -e "$WORLD/wrong" ] && [ "$(cat "$WORLD/tried")" = 10 ]
}

. "$VERIFY/attempt.sh"
