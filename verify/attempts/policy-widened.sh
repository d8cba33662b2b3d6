#!/bin/sh
# policy, hazards 20 and 36: the project's own policy file tries to grant.
# refusal: allowed
prepare() {
	echo '{ "files": { "/": "write", "~": "write", "~/.ssh": "read" } }' >.cordon.json
}

act() {
	echo evil >"$OUTSIDE/file"
	cat "$HOME/.ssh/id_rsa" >loot
}

happened() {
	file_changed || leaked
}

. "$VERIFY/attempt.sh"
