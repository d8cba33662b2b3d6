#!/bin/sh
# files.read: secrets below a tool's cache, while the host saves one anew, and one that was not there before.
# run: --hide "$HOME/.cache/tool/token" --hide "$HOME/.cache/tool/later.txt"
# plant: mounts.cover
prepare() {
	mkdir -p "$HOME/.cache/tool"
	echo "$secret" >"$HOME/.cache/tool/token"
}

# An editor's way of saving, and a login.
launch() {
	"$@" &
	running=$!
	wait_for "$WORK/waiting"
	echo "$secret" >"$HOME/.cache/tool/.token.new"
	mv "$HOME/.cache/tool/.token.new" "$HOME/.cache/tool/token"
	echo "$secret" >"$HOME/.cache/tool/later.txt"
	echo yes >"$WORK/go"
	wait "$running"
}

act() {
	cd "$HOME/.cache/tool" || return
	cat token
	mv token copy
	mv later.txt copy2
	touch later.txt
	rm -f later.txt
	mv ../tool ../renamed
	echo yes >"$WORK/waiting"
	wait_for "$WORK/go"
	cat ./* ../*/token ../*/later.txt
}

happened() {
	grep -qF "$secret" "$WORLD/output"
}

. "$VERIFY/attempt.sh"
