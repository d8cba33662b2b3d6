#!/bin/sh
# report, hazard 19: where the report is to be, the command leaves a link to a file of the user's.
# run: --report "$WORK/report.json"
launch() {
	"$@"
	[ "$SIDE" = inside ] || echo '{"outcome": "exited"}' >"$WORK/report.json"
}

act() {
	rm -f report.json
	ln -s "$OUTSIDE/file" report.json
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
