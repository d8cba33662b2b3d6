#!/bin/sh
# A writable directory that a policy asks to be made, below a home that it hides.
launch() {
	echo '{ "extends": "strict", "files": { "~/store/deep/": "write" } }' >"$HOME/made.json"
	case $SIDE in
	bare) mkdir -p "$HOME/store/deep" && "$@" ;;
	inside) "$PROGRAM" run --policy "$HOME/made.json" -- sh -c 'ls ~ >~/store/deep/mark' ;;
	esac
}

act() {
	ls "$HOME" >"$HOME/store/deep/mark"
}

worked() {
	grep -q store "$HOME/store/deep/mark"
}

. "$VERIFY/attempt.sh"
