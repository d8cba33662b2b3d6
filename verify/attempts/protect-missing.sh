#!/bin/sh
# files.protect, hazards 1 and 18: names that the user's tools obey and that do not exist yet.
# plant: mounts.protect+observer
# fallback: files.protect
names='.vscode/tasks.json .idea/workspace.xml .claude/settings.json .codex/config.toml .agents/rules .cursor/mcp.json
.gemini/settings.json .opencode/opencode.json .windsurf/mcp.json .kiro/settings/mcp.json .zed/tasks.json .hg/hgrc
.mcp.json'

prepare() {
	# Traces of the tools that read them: what no tool reads is not held, see protect-appears.sh.
	mkdir -p "$HOME/.vscode" "$HOME/.config/JetBrains" "$HOME/.claude" "$HOME/.codex" "$HOME/.cursor" \
		"$HOME/.gemini" "$HOME/.opencode" "$HOME/.windsurf" "$HOME/.kiro" "$HOME/.config/zed"
	[ "$SIDE" = bare ] || "$PROGRAM" run --dry-run >"$WORLD/plan"
}

act() {
	for name in $names; do
		mkdir -p "$(dirname "$name")"
		echo evil >"$name"
	done
}

# Only what the plan says it holds; without a plan, all of it.
happened() {
	for name in $names; do
		first=$WORK/${name%%/*}
		if [ "$SIDE" = bare ] || grep -qF "\"$first\"" "$WORLD/plan"; then
			if grep -qs evil "$WORK/$name"; then
				echo "$name"
				return 0
			fi
		fi
	done
	return 1
}

# The plan holds at least some of them.
worked() {
	[ "$SIDE" = bare ] || grep -qF "\"$WORK/.vscode\"" "$WORLD/plan"
}

. "$VERIFY/attempt.sh"
