#!/bin/sh
# limits: so many terminals that none is left for others on the host.
# fallback: half
# plant: ptys
prepare() {
	need python3
}

launch() {
	before=$(cat /proc/sys/kernel/pty/nr)
	"$@" &
	running=$!
	wait_for "$WORK/opened"
	echo $(($(cat /proc/sys/kernel/pty/nr) - before)) >"$WORLD/taken"
	echo yes >"$WORK/go"
	wait $running
}

act() {
	python3 -c "if True:
		import os, time
		held = []
		try:
			while len(held) < 800:
				held.append(os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY))
		except OSError:
			pass
		open('opened', 'w').write('%d\\n' % len(held))
		while not os.path.exists('go'):
			time.sleep(0.05)"
}

happened() {
	[ "$(cat "$WORLD/taken")" -gt 700 ]
}

worked() {
	[ "$(cat "$WORK/opened")" -gt 200 ]
}

. "$VERIFY/attempt.sh"
