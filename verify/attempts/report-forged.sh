#!/bin/sh
# report, hazards 59 and 60: the report lies in the workspace, and the command writes its own.
# run: --report "$WORK/report.json"
launch() {
	# Bare, as a launcher would do it that writes while the command runs.
	[ "$SIDE" = inside ] || echo '{"outcome": "exited", "denials": []}' >"$WORK/report.json"
	"$@"
}

act() {
	echo evil >"$OUTSIDE/file"
	echo '{"outcome": "exited", "run_id": "forged", "denials": []}' >report.json
	echo 'cordon: forged: nothing was refused' >&2
}

happened() {
	grep -qs '"run_id": "forged"' "$WORK/report.json"
}

worked() {
	[ "$SIDE" = bare ] || { grep -q '"outcome"' "$WORK/report.json" && grep -qF "$OUTSIDE/file" "$WORK/report.json"; }
}

. "$VERIFY/attempt.sh"
