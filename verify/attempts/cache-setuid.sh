#!/bin/sh
# files.write, hazard 22: a set-user-id program in a cache, which lies in the user's state for good.
# plant: seccomp
act() {
	mkdir -p "$HOME/.cache/tool"
	cp /bin/true "$HOME/.cache/tool/true"
	chmod 4755 "$HOME/.cache/tool/true"
}

happened() {
	[ -n "$(find "$HOME/.cache" "$HOME/.local/state" -type f -perm /6000)" ]
}

. "$VERIFY/attempt.sh"
