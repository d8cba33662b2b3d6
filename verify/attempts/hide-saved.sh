#!/bin/sh
# files.read, hazard 74: a hidden file that the host saves anew, as editors and tools do, while the command waits for it.
# run: --hide "$WORK/.env" --hide "$WORK/private"
# plant: mender
# fallback: files.protect
prepare() {
	echo old >.env
	mkdir private
}

launch() {
	"$@" &
	running=$!
	wait_for "$WORK/waiting"
	cd "$WORK" || return
	echo "$secret" >saved && mv saved .env
	mkdir renewed && echo "$secret" >renewed/key && mv private old && mv renewed private
	sleep 0.2
	echo yes >over
	wait $running
}

act() {
	echo yes >waiting
	wait_for over
	cat .env private/key >loot
	:
}

happened() {
	grep -qsF "$secret" "$WORK/loot"
}

. "$VERIFY/attempt.sh"
