#!/bin/sh
# report: what cordon keeps in its state goes when it is old, and nothing else: not what a run uses, nor what a link in it
# leads to.
# fallback: no caches have no layers there
prepare() {
	mkdir -p "$HOME/.npm" "$HOME/gone" "$HOME/other"
}

gc() {
	"$PROGRAM" gc "$@" || echo "gc $?"
}

# An old one that a hostile command filled: links out, folders that nobody may enter, deeper than there are descriptors.
make_old() {
	place=$HOME/.local/state/cordon/aside/old
	mkdir -p "$place" && cd "$place" || return
	ln -s "$OUTSIDE" out
	mkdir closed && touch closed/file && chmod 0 closed
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		mkdir -p d/d/d/d/d/d/d/d/d/d && cd -P d/d/d/d/d/d/d/d/d/d || return
	done
	touch bottom
	cd "$place" && find d -depth -type d -exec chmod 0 {} +
	cd "$HOME" && mkdir -p "${place%old}new" && touch -d "40 days ago" "$place"
}

launch() {
	[ "$SIDE" = inside ] || return 0
	(make_old)
	for workspace in "$HOME/gone" "$HOME/other"; do
		"$PROGRAM" run --workspace "$workspace" -- sh -c 'echo cached >~/.npm/file'
	done
	rmdir "$HOME/gone"
	find "$HOME/.local/state/cordon/caches" -mindepth 1 -maxdepth 1 >"$WORLD/before"
	"$PROGRAM" run --workspace "$HOME/other" -- sh -c 'echo yes >begun; until [ -e go ]; do sleep 0.05; done' &
	wait_for "$HOME/other/begun"
	find "$HOME/.local/state/cordon/caches" -exec touch -h -d "40 days ago" {} +
	gc --dry-run --json >"$WORLD/trial"
	[ -e "$HOME/.local/state/cordon/aside/old/out" ] && echo "trial left it"
	gc
	ls "$HOME/.local/state/cordon/aside"
	echo "caches $(find "$HOME/.local/state/cordon/caches" -mindepth 1 -maxdepth 1 | wc -l) of $(wc -l <"$WORLD/before")"
	touch "$HOME/other/go"
	wait
	find "$HOME/.local/state/cordon/caches" -exec touch -h -d "40 days ago" {} +
	find "$HOME/.local/state/cordon/caches" -name .npm -exec touch -d "10 years" {} +
	gc
	echo "caches $(find "$HOME/.local/state/cordon/caches" -mindepth 1 -maxdepth 1 | wc -l)"
}

act() {
	:
}

worked() {
	[ "$SIDE" = inside ] || return 0
	[ "$(cat "$OUTSIDE/folder/inner")" = untouched ] && grep -qx "trial left it" "$WORLD/output" &&
		grep -q '/aside/old"' "$WORLD/trial" && grep -q "/gone\"" "$WORLD/trial" && ! grep -q "/other\"" "$WORLD/trial" &&
		! grep -q '^gc' "$WORLD/output" && grep -qx new "$WORLD/output" && ! grep -qx old "$WORLD/output" &&
		grep -qx 'caches 1 of 2' "$WORLD/output" && grep -qx 'caches 0' "$WORLD/output"
}

. "$VERIFY/attempt.sh"
