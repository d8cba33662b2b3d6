#!/bin/sh
# Somebody else's socket, in a directory that only they may enter, keeps root from nothing.
private=/var/tmp/$TAG.private

prepare() {
	[ "$(id -u)" = 0 ] || skip "only root sees the sockets of others"
	need setpriv
	mkdir -m 700 "$private"
	cp "$VERIFY/serve" "$private"
	chown -R 65534:65534 "$private"
}

launch() {
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$private/serve" "$private/served" "$private/received" "$private/socket" &
	wait_for "$private/served"
	"$@"
}

act() {
	echo "ran" >ran
}

worked() {
	[ -s "$WORK/ran" ] && [ -S "$private/socket" ]
}

clean() {
	rm -rf "$private"
}

. "$VERIFY/attempt.sh"
