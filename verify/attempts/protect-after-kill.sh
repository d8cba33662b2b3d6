#!/bin/sh
# files.protect, tree: cordon is killed, and what it would have done at the end is done all the same.
# fallback: half
# fallback plant: janitor
# run: --no-observe
# plant: janitor
# ending: killed
prepare() {
	mkdir -p "$HOME/.claude" # so that .claude is held
}

launch() {
	if [ "$SIDE" = bare ]; then
		"$@"
		return
	fi
	"$@" &
	running=$!
	wait_for "$WORK/made"
	[ ! -d "$WORK/.claude" ] || echo yes >"$WORLD/held"
	sleep 0.1
	kill -KILL $running
	wait $running
	sleep 1
}

act() {
	sleep 0.2
	mkdir -p .idea
	echo evil >.mcp.json
	echo evil >.idea/workspace.xml
	echo yes >made
	[ "$SIDE" = bare ] || sleep 10
}

happened() {
	cat "$WORK/.mcp.json" "$WORK/.idea/workspace.xml" 2>/dev/null | grep -q evil
}

worked() {
	[ "$SIDE" = bare ] || { [ -s "$WORLD/held" ] && [ ! -e "$WORK/.claude" ] && [ ! -e "$WORK/.git/commondir" ]; }
}

. "$VERIFY/attempt.sh"
