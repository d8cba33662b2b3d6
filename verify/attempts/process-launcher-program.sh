#!/bin/sh
# processes, hazard 26: the launcher's own program, reached through /proc of the process that started the command.
prepare() {
	cp /bin/sh "$OUTSIDE/launcher"
}

launch() {
	"$OUTSIDE/launcher" -c '"$@"; exit $?' launcher "$@"
}

# The harness sees to it that the parent's program is a copy: never one of the host's.
act() {
	chmod 757 "/proc/$PPID/exe"
}

happened() {
	[ -n "$(find "$OUTSIDE/launcher" ${PROGRAM:+"$PROGRAM"} -perm 757)" ]
}

. "$VERIFY/attempt.sh"
