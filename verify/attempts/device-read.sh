#!/bin/sh
# kernel: root reads a device of the host's, by the host's node and by one of its own: the disk, past every file system,
# or the kernel's log.
prepare() {
	[ "$(id -u)" = 0 ] || skip "only root may read devices"
	for device in "$(findmnt -no SOURCE /)" /dev/kmsg; do
		if dd if="$device" bs=8192 count=1 of="$WORLD/start" && [ -s "$WORLD/start" ]; then
			echo "$device" >"$OUTSIDE/device"
			return
		fi
	done 2>/dev/null
	skip "this host shows neither its disk nor the kernel's log"
}

act() {
	device=$(cat "$OUTSIDE/device")
	dd if="$device" bs=8192 count=1 of=loot1
	type=c
	[ "$device" = /dev/kmsg ] || type=b
	numbers=$(stat -c '0x%t 0x%T' "$device" || echo 1 11)
	for place in . /tmp /dev/shm; do
		# shellcheck disable=SC2086  # two words
		mknod "$place/node" $type $((${numbers% *})) $((${numbers#* })) && dd if="$place/node" bs=8192 count=1 of=loot2
		rm -f "$place/node"
	done
}

happened() {
	cmp -s "$WORK/loot1" "$WORLD/start" || cmp -s "$WORK/loot2" "$WORLD/start" || return 1
}

. "$VERIFY/attempt.sh"
