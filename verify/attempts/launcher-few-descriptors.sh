#!/bin/sh
# launcher, hazard 13: cordon has hardly any descriptors left when it starts, or while it watches: it refuses, or it holds.
# run: --read "$WORK/later/locked"
# refusal: allowed
# plant: observer+mounts.protect
launch() {
	for count in $(seq 10 4 70); do
		(
			ulimit -n "$count"
			"$@"
		)
		! happened || break
	done
}

act() {
	echo evil >"$OUTSIDE/file"
	cat "$HOME/.ssh/id_rsa" >loot
	git config core.fsmonitor "$WORK/run-me"
	mkdir -p later .claude
	# each is looked at, and none may pass because there is no descriptor for the look
	for number in 1 2 3 4 5 6 7 8; do
		mkdir -p "depth/$number"
		echo "$number" >"depth/$number/HEAD"
	done
	echo evil >later/locked
	echo yes >>ran
}

happened() {
	file_changed || leaked || [ "$(cat "$WORK/later/locked" 2>/dev/null)" = evil ] ||
		[ "$(git -C "$WORK" config core.fsmonitor)" = "$WORK/run-me" ]
}

# With enough of them it has run.
worked() {
	[ -e "$WORK/ran" ]
}

. "$VERIFY/attempt.sh"
