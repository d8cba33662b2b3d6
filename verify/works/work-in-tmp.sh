#!/bin/sh
# A workspace below /tmp, and one that is reached through a link.
launch() {
	mkdir -p "/tmp/$TAG/place" && cd "/tmp/$TAG/place" && "$@" tmp
	ln -s "$WORK/src" "$HOME/link" && cd "$HOME/link" && "$@" link
}

act() {
	echo "$1" >mark
	ls /tmp >others
}

worked() {
	[ "$(cat "/tmp/$TAG/place/mark")" = tmp ] && [ "$(cat "$WORK/src/mark")" = link ]
}

clean() {
	rm -rf "/tmp/$TAG"
}

. "$VERIFY/attempt.sh"
