#!/bin/sh
# report, hazard 59: refused acts by the ten thousand, with long names and control characters, fill neither report nor
# screen.
# run: --report "$WORLD/report.json"
act() {
	name=$(printf 'evil\033[2J%0150d' 0)
	number=0
	while [ $number -lt 10000 ]; do
		echo evil >"$OUTSIDE/$name$number"
		number=$((number + 1))
	done 2>/dev/null
}

happened() {
	[ "$(find "$OUTSIDE" -name 'evil*' | wc -l)" != 0 ] || [ "$(wc -c <"$WORLD/report.json")" -gt 1048576 ] ||
		[ "$(wc -c <"$WORLD/errors")" -gt 65536 ] || grep -q "$(printf '\033')" "$WORLD/errors" "$WORLD/report.json"
}

worked() {
	[ "$SIDE" = bare ] || grep -q '"outcome"' "$WORLD/report.json"
}

. "$VERIFY/attempt.sh"
