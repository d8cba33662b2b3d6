#!/bin/sh
# report: where refused reads cannot be seen, --explain says so instead of keeping quiet about them.
# fallback: no the same by another way
launch() {
	[ "$SIDE" = inside ] || return 0
	"$VERIFY/refuse" "$PROGRAM" run --explain --accept files.write --accept files.read --accept files.protect=absent \
		--accept processes --accept tree --report "$WORLD/report" -- true
	echo "ended $?"
}

act() {
	:
}

worked() {
	[ "$SIDE" = inside ] || return 0
	grep -qx 'ended 125' "$WORLD/output" && grep -q -e '--explain' "$WORLD/errors" && grep -q '"refused"' "$WORLD/report"
}

. "$VERIFY/attempt.sh"
