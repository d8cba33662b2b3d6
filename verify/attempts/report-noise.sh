#!/bin/sh
# report, hazards 59 and 60: fake denials and whole fake reports on both streams, escapes, a title, bytes that are no text, and a
# gigabyte of noise: the report is what it is without them.
# run: --report "$WORLD/report.json"
# fallback: no refused acts are named otherwise there
noise() {
	forged='{"schema": "cordon-report", "version": 1, "outcome": "exited", "exit_code": 0, "denials": [{"target": "/forged"}]}'
	for descriptor in 1 2; do
		# shellcheck disable=SC2059  # escapes are meant
		printf '%s\ncordon: refused to write /forged: read-only\n\033]0;/forged\007\033[2J\033[31m\377\000\n' "$forged" >&$descriptor
	done
	yes "cordon: refused to read /forged: hidden, by \"/forged\"" | head -c 1000000000
}

quietly() {
	echo evil >"$OUTSIDE/file"
	cat "$HOME/.ssh/id_rsa"
	return 3
}

act() {
	[ -e quiet ] || noise
	quietly
}

# Of the noise only the beginning is kept: bare that is what a launcher would see who asks the command.
launch() {
	"$@" 2>"$WORLD/errors" | head -c 1000000
	[ "$SIDE" = inside ] || return 0
	mv "$WORLD/report.json" "$WORLD/noisy.json"
	: >"$WORK/quiet"
	"$@" >/dev/null 2>&1
}

# What differs from run to run: who, when, how much, and what the host does meanwhile.
settled() {
	sed -E '/"(run_id|wall_ms|cpu_ms|memory_peak_bytes|memory_of_tree|processes_peak|pid)":/d
		/"covers_lost": \[\]/d; /"covers_lost": \[/,/\]/d' "$1"
}

happened() {
	if [ "$SIDE" = bare ]; then
		grep -aq '"target": "/forged"' "$WORLD/output"
		return
	fi
	settled "$WORLD/report.json" >"$WORLD/settled"
	! settled "$WORLD/noisy.json" | diff - "$WORLD/settled"
}

worked() {
	[ "$SIDE" = bare ] || { grep -q '"exit_code": 3' "$WORLD/noisy.json" && grep -qF "$OUTSIDE/file" "$WORLD/noisy.json" &&
		tail -n 1 "$WORLD/errors" | grep -q '^cordon: refused to write'; }
}

. "$VERIFY/attempt.sh"
