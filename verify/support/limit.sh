# support/limit.sh: for attempts at a limit, in place of attempt.sh. The act is a hog that writes `survived` when it got what the
# policy does not give; see hog.c. What must work: the run says by which limit it ended, the host answers meanwhile, and nothing
# of the tree is left.
#	limit     the outcome that is meant, set by the attempt
#	ungrouped=yes    without control groups; root has a mount namespace without them for that

# How long the longest of many short rests took, in ms.
measure_latency() {
	worst=0
	while [ ! -e "$WORLD/over" ]; do
		before=$(date +%s%3N)
		sleep 0.05
		took=$(($(date +%s%3N) - before - 50))
		[ $took -le $worst ] || worst=$took
		echo $worst >"$WORLD/latency"
	done
}

watched() {
	measure_latency &
	"$@"
	status=$?
	: >"$WORLD/over"
	wait
	return $status
}

launch() {
	if [ "${ungrouped:-no}" = yes ] && [ "$(id -u)" = 0 ]; then
		# shellcheck disable=SC2016  # for the inner shell
		set -- unshare --mount sh -c 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"' sh "$@"
	fi
	watched "$@"
}

happened() {
	[ -e "$WORK/survived" ]
}

leftovers() {
	for process in /proc/[0-9]*; do
		! grep -qsF "WORLD=$WORLD" "$process/environ" || [ "$(cat "$process/comm" 2>/dev/null)" != hog ] || echo "$process"
	done
}

worked() {
	[ "$SIDE" = inside ] || return 0
	[ -e "$WORK/.begun" ] || return 0
	if [ -n "$(leftovers)" ]; then
		echo "left: $(leftovers)"
		return 1
	fi
	if [ "$(cat "$WORLD/latency")" -gt 2000 ]; then
		echo "the host did not answer for $(cat "$WORLD/latency") ms"
		return 1
	fi
	grep -q "\"outcome\": \"${limit:?}\"" "$WORLD/report" && grep -qx 'status=137' "$WORLD/seen" &&
		grep -q "limits.$limit" "$WORLD/errors"
}

. "$VERIFY/attempt.sh"
