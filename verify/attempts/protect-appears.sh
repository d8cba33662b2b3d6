#!/bin/sh
# files.protect, hazards 1, 18 and 70: names that no tool of the user's obeys yet, made unseen by the observer.
# run: --no-observe
names='.vscode/tasks.json .idea/workspace.xml .claude/settings.json .codex/config.toml .agents/rules .cursor/mcp.json
.gemini/settings.json .opencode/opencode.json .windsurf/mcp.json .kiro/settings/mcp.json .zed/tasks.json .hg/hgrc
.mcp.json .cordon.json .git/config.worktree'

act() {
	for name in $names; do
		mkdir -p "$(dirname "$name")"
		echo evil >"$name" && echo "$name" >>made
	done
}

# Judged when the run is over: by then it has been moved away.
happened() {
	for name in $names; do
		if grep -qs evil "$WORK/$name"; then
			echo "$name"
			return 0
		fi
	done
	return 1
}

# And what was made was not lost: some names are covered before the command can fill them.
worked() {
	[ "$SIDE" = bare ] || [ "$(grep -rls evil "$HOME/.local/state/cordon/aside" | wc -l)" = "$(wc -l <"$WORK/made")" ]
}

. "$VERIFY/attempt.sh"
