#!/bin/sh
# kernel: the host's devices are not even seen.
# plant: dev
prepare() {
	[ -e /dev/kmsg ] || [ -e /dev/mem ] || skip "this host shows neither /dev/kmsg nor /dev/mem"
}

act() {
	ls /dev >listing
	echo lost >/dev/null && head -c 8 /dev/urandom >random && [ "$(head -c 3 /dev/zero | wc -c)" = 3 ] && : >can-use
}

happened() {
	grep -qx -e kmsg -e mem "$WORK/listing"
}

worked() {
	[ -e "$WORK/can-use" ] && [ "$(stat -c %s "$WORK/random")" = 8 ]
}

. "$VERIFY/attempt.sh"
