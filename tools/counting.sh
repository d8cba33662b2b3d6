# What tools/check and tools/check-long share: they run things, and count what passed, failed and was skipped. Sourced
# from the top of the repository; $logs is where the logs go.
# shellcheck shell=sh

# What the caller's make or shell set must not take part.
unset CORDON CORDON_PLANT CMOCKA_MESSAGE_OUTPUT MAKEFLAGS MAKELEVEL MFLAGS CDPATH || :
logs=build/check
mkdir -p $logs
passed=0 failed=0 skipped=0
start=$(date +%s)

count() { # PASSED FAILED SKIPPED
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

title() {
	printf '== %s (%d s)\n' "$*" $(($(date +%s) - start))
}

# run_case NAME LOG COMMAND...: one case that passes when the command does; what it said is shown when it does not.
run_case() {
	name=$1 log=$2
	shift 2
	if "$@" >"$log" 2>&1; then
		echo "ok: $name"
		count 1 0 0
	else
		first=$(grep -n -m 1 '^FAILED: ' "$log" | cut -d: -f1) # ninja goes on for a while
		tail -n +"${first:-1}" "$log" | tail -n 40 | sed 's/^/    /'
		echo "failed: $name"
		count 0 1 0
		return 1
	fi
}

build() { # PRESET
	# shellcheck disable=SC2016  # for the inner shell
	run_case "build $1" "$logs/build-$1.log" \
		sh -c 'cmake --preset "$1" --log-level=WARNING && cmake --build --preset "$1"' build "$1"
}

# A program that ends with a line "N passed, N failed, N skipped", shown while it runs.
run_suite() {
	log=$logs/$(echo "$1" | tr / -).log
	{ "$@" 2>&1 && echo 0 >$logs/status || echo $? >$logs/status; } | tee "$log"
	sums=$(tail -n 1 "$log" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed\(, \([0-9]*\) skipped\)\{0,1\}$/\1 \2 \4/p')
	# shellcheck disable=SC2086  # three numbers
	set -- "$1" $sums
	if [ $# -lt 3 ]; then
		echo "failed: $1 did not sum up (status $(cat $logs/status))"
		count 0 1 0
		return
	fi
	count "$2" "$3" "${4:-0}"
	if [ "$3" = 0 ] && [ "$(cat $logs/status)" != 0 ]; then
		echo "failed: $1 ended with status $(cat $logs/status)"
		count 0 1 0
	fi
}

# The last line, and the status.
sum_up() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}
