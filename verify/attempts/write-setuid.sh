#!/bin/sh
# files.write, hazard 22: a set-user-id program left in the workspace, for whoever starts it later.
# plant: seccomp
act() {
	cp /bin/true tool
	chmod 4755 tool
}

happened() {
	[ -u "$WORK/tool" ]
}

worked() {
	[ -x "$WORK/tool" ]
}

. "$VERIFY/attempt.sh"
