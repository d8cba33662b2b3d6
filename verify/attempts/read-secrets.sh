#!/bin/sh
# files.read: secrets where tools keep them.
# plant: mounts.facade
# fallback plant: landlock
act() {
	for file in .ssh/id_rsa .aws/credentials .gnupg/secring .docker/config.json .config/gh/hosts.yml .netrc .npmrc \
		.git-credentials .bash_history; do
		cat "$HOME/$file"
	done >loot
	[ -s "$HOME/.bashrc" ] && : >can-read
}

happened() {
	leaked
}

worked() {
	[ -e "$WORK/can-read" ]
}

. "$VERIFY/attempt.sh"
