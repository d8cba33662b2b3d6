#!/bin/sh
# files.read: the names in a hidden directory, and whether one exists.
# plant: mounts.facade
# fallback: files.read
prepare() {
	: >"$HOME/.ssh/$secret"
}

act() {
	ls -AR "$HOME" >listing
	if [ -e "$HOME/.ssh/id_rsa" ]; then
		: >probed
	fi
}

happened() {
	leaked || [ -e "$WORK/probed" ]
}

. "$VERIFY/attempt.sh"
