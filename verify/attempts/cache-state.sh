#!/bin/sh
# files.protect: where cordon keeps what runs wrote to caches, reached beside the layers: another workspace's, its own.
# plant: mounts.facade
prepare() {
	state=$HOME/.local/state/cordon/caches
	mkdir -p "$HOME/.cache" "$HOME/.npm" "$state/0123456789abcdef/0/home/.npm"
	echo "$secret" >"$state/0123456789abcdef/0/home/.npm/token"
}

act() {
	touch "$HOME/.npm/mark"
	grep -rF . "$HOME/.local/state"
	find "$HOME" -name token -exec cat {} +
	echo planted >"$HOME/.local/state/cordon/caches/planted"
	for slot in "$HOME"/.local/state/cordon/caches/*/*; do
		echo planted >"$slot/planted"
	done
}

happened() {
	grep -qF "$secret" "$WORLD/output" || [ -n "$(find "$HOME/.local/state/cordon" -name planted)" ]
}

. "$VERIFY/attempt.sh"
