#!/bin/sh
# Nothing of cordon's own stays behind in the workspace, and its state lies where it says.
prepare() {
	find "$WORK" "$HOME" -path "$WORK/.git/*" -prune -o -path "$HOME/.local/state/*" -prune -o -print | sort >"$WORLD/names"
}

act() {
	rm -rf .vscode .claude 2>/dev/null
	true
}

worked() {
	rm -f "$WORK/.begun" "$WORK/.ended"
	find "$WORK" "$HOME" -path "$WORK/.git/*" -prune -o -path "$HOME/.local/state/*" -prune -o -print | sort |
		diff "$WORLD/names" -
}

. "$VERIFY/attempt.sh"
