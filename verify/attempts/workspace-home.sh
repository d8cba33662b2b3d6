#!/bin/sh
# policy: the home directory as the workspace would make every start-up file writable.
# refusal: demanded
launch() {
	cd "$HOME" && "$@"
}

act() {
	echo evil >>"$HOME/.bashrc"
}

happened() {
	grep -q evil "$HOME/.bashrc"
}

. "$VERIFY/attempt.sh"
