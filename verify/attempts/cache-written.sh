#!/bin/sh
# files.write, hazard 20: a tool's cache in the home directory, out of which the user's own tools run things later.
# plant: mounts
# fallback: files.write
prepare() {
	mkdir -p "$HOME/.npm/_cacache" "$HOME/.cache/pip" "$HOME/.m2/repository"
	echo untouched >"$HOME/.npm/_cacache/entry"
	echo untouched >"$HOME/.cache/pip/gone"
	: >"$HOME/.npm/_cacache/empty"
}

act() {
	echo poisoned >"$HOME/.npm/_cacache/entry"
	echo poisoned >"$HOME/.npm/_cacache/new"
	echo poisoned >>"$HOME/.npm/_cacache/empty"
	rm -f "$HOME/.cache/pip/gone"
	chmod 777 "$HOME/.m2/repository"
	mv "$HOME/.npm/_cacache/entry" "$HOME/.npm/moved"
	ln "$HOME/.npm/_cacache/empty" "$HOME/.npm/alias"
	echo poisoned >>"$HOME/.npm/alias"
}

happened() {
	[ "$(cat "$HOME/.npm/_cacache/entry" 2>/dev/null)" != untouched ] || [ -e "$HOME/.npm/_cacache/new" ] ||
		[ -s "$HOME/.npm/_cacache/empty" ] || [ -e "$HOME/.npm/moved" ] || [ -e "$HOME/.npm/alias" ] ||
		[ ! -e "$HOME/.cache/pip/gone" ] || [ "$(stat -c %a "$HOME/.m2/repository")" = 777 ]
}

. "$VERIFY/attempt.sh"
