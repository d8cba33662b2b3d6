#!/bin/sh
# While a command runs, its user goes on working in the same folder: everything that they do there succeeds, none of it
# ends the command, and all of it is still there afterwards.
# run: --hide "$WORK/.env" --report "$WORLD/report"
# fallback: no nothing is covered, so nothing need be mended
launch() {
	"$@" &
	running=$!
	wait_for "$WORK/waiting"
	(
		set -e
		cd "$WORK"
		echo KEY=1 >.env && echo KEY=2 >saved && mv saved .env && rm .env && echo KEY=3 >.env
		git config user.name Somebody
		git checkout -q -b topic
		git init -q .
		mkdir .vscode && sleep 0.1 && echo '{}' >.vscode/settings.json
		git init -q fresh && git -C fresh config user.name Somebody
		sleep 0.1
		echo fine >"$WORLD/fine"
	)
	echo yes >over
	wait $running
}

act() {
	echo yes >waiting
	wait_for over
	git log >/dev/null && echo yes >finished
}

worked() {
	[ -s "$WORK/finished" ] && [ -s "$WORLD/fine" ] && [ "$(cat "$WORK/.env")" = KEY=3 ] &&
		[ "$(git -C "$WORK" config user.name)" = Somebody ] && [ -s "$WORK/.vscode/settings.json" ] &&
		[ "$(git -C "$WORK/fresh" config user.name)" = Somebody ]
}

. "$VERIFY/attempt.sh"
