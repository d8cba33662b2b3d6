#!/bin/sh
# files.read, hazard 9: what lies beside a workspace whose parent is hidden; the command still starts in the workspace.
# run: --hide "$HOME"
# plant: mounts.facade
# fallback plant: landlock
prepare() {
	mkdir "$HOME/beside"
	echo "$secret" >"$HOME/beside/file"
}

act() {
	pwd >where
	cat "$HOME/beside/file" >loot
}

happened() {
	grep -qF "$secret" "$WORK/loot"
}

worked() {
	[ "$(cat "$WORK/where")" = "$WORK" ]
}

. "$VERIFY/attempt.sh"
