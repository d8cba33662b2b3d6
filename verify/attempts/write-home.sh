#!/bin/sh
# files.write, hazard 18: a start-up file of the user's shell.
# plant: mounts.readonly+landlock
# fallback plant: landlock
act() {
	echo 'alias sudo="sudo evil"' >>"$HOME/.bashrc"
}

happened() {
	grep -q evil "$HOME/.bashrc"
}

. "$VERIFY/attempt.sh"
