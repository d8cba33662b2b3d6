#!/bin/sh
# files.read, hazard 4: the hidden file has a second name that nothing hides: refused, or hidden too.
# refusal: demanded
# fallback: files.read
prepare() {
	ln "$HOME/.netrc" "$HOME/work/same"
}

act() {
	cat same >>"loot"
}

happened() {
	[ -e "$WORK/loot" ] && grep -qF "$secret" "$WORK/loot"
}

. "$VERIFY/attempt.sh"
