#!/bin/sh
# files.write, hazards 2 and 60: the report's name is a link that an earlier command left.
# run: --report "$WORK/report.json"
# refusal: demanded
launch() {
	ln -sf "$OUTSIDE/file" "$WORK/report.json"
	[ "$SIDE" = inside ] || echo '{"outcome": "exited"}' >"$WORK/report.json"
	"$@"
}

act() {
	false
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
