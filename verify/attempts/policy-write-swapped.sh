#!/bin/sh
# policy, hazards 21 and 67: what the user makes writable becomes a link that leads out, and a directory again, while cordon
# starts: another run may write around it.
# run: --write "$WORK/around/out"
# refusal: allowed
# plant: mounts.readonly+landlock
prepare() {
	need python3
	mkdir "$WORK/around" "$WORK/around/out"
	ln -s "$OUTSIDE" "$WORK/around/link"
}

swap() {
	exec python3 -c 'if True:
		import ctypes, sys, time
		rename, here = ctypes.CDLL(None).renameat2, -100
		one, other = (name.encode() for name in sys.argv[1:3])
		open(sys.argv[3], "w").close()
		while True:
			rename(here, one, here, other, 2)
			time.sleep(0.0003)' "$WORK/around/out" "$WORK/around/link" "$WORK/swaps"
}

launch() {
	swap &
	wait_for "$WORK/swaps"
	for _ in $(seq 40); do
		"$@"
		! happened || break
	done
}

act() {
	echo evil >"$WORK/around/out/file"
}

happened() {
	file_changed
}

. "$VERIFY/attempt.sh"
