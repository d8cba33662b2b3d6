#!/bin/sh
# launcher, hazard 65: programs of the workspace stand first in PATH, and the launcher looks its helpers up there.
prepare() {
	mkdir bin
	for name in git sh id getent mount umount unshare nsenter bwrap systemd-run newuidmap newgidmap ldconfig cordon-gate \
		uname stty tty; do
		payload >"bin/$name"
		chmod 755 "bin/$name"
	done
}

launch() {
	[ "$SIDE" = inside ] || (PATH="$WORK/bin:$PATH" && git status)
	PATH="$WORK/bin:$PATH" "$@"
}

# Not by the command itself: it may run what it likes, but inside.
act() {
	:
}

happened() {
	[ -e "$WORLD/owned" ]
}

. "$VERIFY/attempt.sh"
