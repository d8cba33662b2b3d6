#!/bin/sh
# Two hundred runs at once, half of them in one workspace: each ends with its own status, writes its own file and its own
# report, and is refused what it is refused; and nothing is left of them.
runs=200

one() { # NUMBER
	folder=$WORK
	[ $(($1 % 2)) = 0 ] || folder=$HOME/apart/$1
	mkdir -p "$folder"
	case $SIDE in
	bare) (cd "$folder" && sh -c "echo $1 >own-$1; exit $(($1 % 100))") ;;
	inside)
		# shellcheck disable=SC2016  # for the inner shell
		"$PROGRAM" run --workspace "$folder" --memory 256MiB --processes 50 --accept limits.memory --accept limits.processes \
			--report "$WORLD/reports/$1" -- sh -c 'echo "$1" >"own-$1"; echo evil >"$2"; exit $(($1 % 100))' sh "$1" \
			"$OUTSIDE/file" 2>"$WORLD/reports/$1.errors"
		;;
	esac
	echo "$1 $?" >>"$WORLD/statuses"
}

launch() {
	mkdir -p "$WORLD/reports"
	number=0
	while [ $number -lt $runs ]; do
		number=$((number + 1))
		one $number &
	done
	wait
	tries=0
	while [ -n "$(leftovers)" ] && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	leftovers >"$WORLD/left"
}

# What cordon has beside a run may take a moment to see that it is over.
leftovers() {
	[ "$SIDE" = inside ] || return 0
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/exe")" != "$PROGRAM" ] || echo "$process"
	done
}

act() {
	:
}

wrong() {
	[ "$(wc -l <"$WORLD/statuses")" = $runs ] || echo "$(wc -l <"$WORLD/statuses") of $runs ended"
	awk '$2 != $1 % 100 { print "run " $1 " ended with " $2 }' "$WORLD/statuses"
	number=0
	while [ $number -lt $runs ]; do
		number=$((number + 1))
		folder=$WORK
		[ $((number % 2)) = 0 ] || folder=$HOME/apart/$number
		[ "$(cat "$folder/own-$number")" = $number ] || echo "run $number wrote something else"
		[ "$SIDE" = inside ] || continue
		report=$WORLD/reports/$number
		grep -q '"outcome": "exited"' "$report" && grep -q "\"exit_code\": $((number % 100))," "$report" &&
			grep -qF "\"target\": \"$OUTSIDE/file\"" "$report" || echo "the report of run $number: $(head -c 300 "$report.errors")"
	done
	[ "$SIDE" = bare ] || [ "$(cat "$OUTSIDE/file")" = untouched ] || echo "something was written outside"
	[ ! -s "$WORLD/left" ] || echo "left: $(head -n 3 "$WORLD/left")"
}

worked() {
	wrong >"$WORLD/wrong" 2>&1
	head -n 5 "$WORLD/wrong"
	[ ! -s "$WORLD/wrong" ]
}

. "$VERIFY/attempt.sh"
