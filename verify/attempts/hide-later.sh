#!/bin/sh
# files.read, hazards 1 and 74: a hidden name that the host makes while the command waits for it.
# run: --hide "$WORK/.env"
# fallback: files.protect
launch() {
	(sleep 1 && echo "$secret" >"$WORK/.env") &
	"$@"
	wait "$!"
}

act() {
	touch waiting
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		sleep 0.1
		[ ! -s .env ] || break
	done
	sleep 0.1
	cat .env >loot
}

happened() {
	[ -e "$WORK/loot" ] && grep -qF "$secret" "$WORK/loot"
}

worked() {
	[ -e "$WORK/waiting" ]
}

. "$VERIFY/attempt.sh"
