#!/bin/sh
# files.read, hazard 4: the hidden directory is a link to where the secrets really are.
# plant: mounts
prepare() {
	mv "$HOME/.ssh" "$OUTSIDE/keys"
	ln -s "$OUTSIDE/keys" "$HOME/.ssh"
}

act() {
	cat "$HOME/.ssh/id_rsa" "$OUTSIDE/keys/id_rsa" >loot
}

happened() {
	leaked
}

. "$VERIFY/attempt.sh"
