#!/bin/sh
# ipc: POSIX shared memory, which is files in /dev/shm.
# plant: shm+landlock
# fallback: half
prepare() {
	echo "$secret" >"/dev/shm/$TAG" || skip "this host has no /dev/shm"
}

act() {
	cat "/dev/shm/$TAG" >loot
	echo evil >>"/dev/shm/$TAG"
	echo mine >"/dev/shm/$TAG.mine" && : >can-use
}

happened() {
	leaked || grep -q evil "/dev/shm/$TAG"
}

worked() {
	[ -e "$WORK/can-use" ]
}

clean() {
	rm -f "/dev/shm/$TAG" "/dev/shm/$TAG.mine"
}

. "$VERIFY/attempt.sh"
