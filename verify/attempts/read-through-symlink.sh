#!/bin/sh
# files.read, hazard 2: links in the workspace that lead to a secret, one made before and one by the command.
# plant: mounts.facade
prepare() {
	ln -s "$HOME/.ssh/id_rsa" before
}

act() {
	ln -s ../.ssh during
	cat before during/id_rsa >loot
}

happened() {
	leaked
}

. "$VERIFY/attempt.sh"
