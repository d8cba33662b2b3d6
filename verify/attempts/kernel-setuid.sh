#!/bin/sh
# kernel: a set-user-id program of the host gives privilege.
arrange() {
	cp /bin/cat "$OUTSIDE/reader"
	chown 0:0 "$OUTSIDE/reader"
	chmod 4755 "$OUTSIDE/reader"
	echo "$secret" >"$OUTSIDE/for-root"
	chmod 600 "$OUTSIDE/for-root"
	chown 0:0 "$OUTSIDE/for-root"
}

prepare() {
	[ "$(id -u)" != 0 ] || skip "root has nothing to gain"
	[ -u "$OUTSIDE/reader" ] || skip "only root can arrange a set-user-id program"
	"$OUTSIDE/reader" "$OUTSIDE/for-root" >/dev/null || skip "the home directory's file system is mounted nosuid"
}

act() {
	"$OUTSIDE/reader" "$OUTSIDE/for-root" >loot
}

happened() {
	grep -qsF "$secret" "$WORK/loot"
}

. "$VERIFY/attempt.sh"
