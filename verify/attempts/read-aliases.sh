#!/bin/sh
# files.read, hazards 4, 23 and 27: other spellings of a hidden path, also through what processes hold.
# plant: mounts.facade
act() {
	key=$HOME/.ssh/id_rsa
	cat "/proc/self/root$key" "/proc/thread-self/root$key" "/proc/$PPID/root$key" "/proc/1/root$key" \
		"/proc/self/cwd/../.ssh/id_rsa" "/proc/$PPID/cwd/../.ssh/id_rsa" \
		"$HOME/./work/..//.ssh/../.ssh/id_rsa" >loot
	for descriptor in /proc/self/fd/* /proc/$PPID/fd/*; do
		cat "$descriptor/../.ssh/id_rsa" "$descriptor$key" >>loot
	done
	(cd "$HOME" && cat .ssh/id_rsa) >>loot
	(cd .. && cd .ssh && cat id_rsa) >>loot
}

happened() {
	leaked
}

. "$VERIFY/attempt.sh"
