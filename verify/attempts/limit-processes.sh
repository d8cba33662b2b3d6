#!/bin/sh
# limits, hazard 32: more processes than the policy allows.
# run: --processes 40
# refusal: allowed
# plant as user: limits
launch() {
	"$@" &
	wait_for "$WORK/forked" || true
	# By few programs: the sleepers end meanwhile.
	grep -lsF "WORLD=$WORLD" /proc/[0-9]*/environ | while read -r environ; do
		comm=
		read -r comm 2>/dev/null <"${environ%environ}comm" || :
		[ "$comm" != sleep ] || echo one
	done >"$WORLD/sleepers"
	: >"$WORK/released"
	wait $!
}

act() {
	# In a process of its own: a shell that cannot fork ends. This one has to live on without forking.
	(
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			for _ in 1 2 3 4 5 6 7 8; do
				sleep 4 &
			done
		done
	)
	echo yes >forked
	until [ -e released ]; do
		:
	done
}

happened() {
	[ "$(wc -l <"$WORLD/sleepers")" -gt 40 ]
}

. "$VERIFY/attempt.sh"
