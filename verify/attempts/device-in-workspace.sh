#!/bin/sh
# kernel: a device node that lies in the workspace already.
# plant: mounts
# fallback: files.write
prepare() {
	[ "$(id -u)" = 0 ] || skip "only root may make device nodes"
	mknod node c 1 5 && chmod 666 node || skip "this host lets nobody make device nodes"
	head -c 16 node >/dev/null || skip "the home directory's file system is mounted nodev"
}

act() {
	head -c 16 node >loot
}

happened() {
	[ "$(stat -c %s "$WORK/loot")" = 16 ]
}

. "$VERIFY/attempt.sh"
