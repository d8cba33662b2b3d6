#!/bin/sh
# usage: bench/network.sh [ROUNDS]
#
# What the gate costs: a request on a new connection, on the first one to an address, on a kept connection, and bulk,
# through `cordon run --net filtered`, by programs that know of no proxy and by its proxy, and directly, in turns; and what a start with the network filtered takes beside one with it off. In a network
# of its own (verify/support/internet.c). Prints medians, and ratios to direct.
set -eu

cd "$(dirname "$0")/.."
rounds=${1:-7}
cordon=${CORDON:-$PWD/build/release/cordon}
[ -x "$cordon" ] || { echo "network.sh: $cordon is not there: build it first" >&2 && exit 2; }
scratch=$(mktemp -d "$HOME/cordon-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -pthread -o "$scratch/network" bench/network.c
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -o "$scratch/internet" verify/support/internet.c
printf '127.0.0.1 localhost\n20.1.1.1 allowed.test\n' >"$scratch/hosts"

# shellcheck disable=SC2016  # for the inner shell
"$scratch/internet" "$scratch/hosts" sh -eu -c '
	scratch=$1 rounds=$2 cordon=$3
	cd "$scratch"
	mkdir work
	cd work
	../network serve 8080 &
	server=$!
	trap "kill $server" EXIT
	sleep 0.3
	stamp() {
		date +%s%N
	}
	start() { # FILE OPTION...
		file=$1
		shift
		before=$(stamp)
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			"$cordon" run "$@" -- /bin/true
		done
		echo $((($(stamp) - before) / 10000)) >>"$file"
	}
	for _ in $(seq "$rounds"); do
		../network measure 20.1.1.1 8080 >>../direct
		"$cordon" run --allow allowed.test:8080 --allow 20.3.0.0/16:8080 -- ../network measure allowed.test 8080 >>../gate
		"$cordon" run --allow allowed.test:8080 -- ../network measure allowed.test 8080 198.18.0.1 >>../proxied
		start ../off --net off
		start ../filtered --allow allowed.test
	done' sh "$scratch" "$rounds" "$cordon"

median() { # FILE COLUMN
	awk -v column="$2" '{ print $column }' "$scratch/$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}
row() { # TITLE UNIT DIRECT GATE [PROXIED]
	echo "$3 $4 ${5:-}" | awk -v title="$1" -v unit="$2" '{
		printf "%-22s %10s %10s %10s %-5s  %.2f", title, $1, $2, $3, unit, $2 / $1
		if ($3 != "") printf "  %.2f", $3 / $1
		print ""
	}'
}
printf '%-22s %10s %10s %10s\n' '' direct gate proxied
row 'new connection' us "$(median direct 1)" "$(median gate 1)" "$(median proxied 1)"
row 'first to an address' us "$(median direct 4)" "$(median gate 4)"
row 'kept connection' us "$(median direct 2)" "$(median gate 2)" "$(median proxied 2)"
row 'bulk' MiB/s "$(median direct 3)" "$(median gate 3)" "$(median proxied 3)"
printf '%-22s %10s %10s\n' '' off filtered
row 'start' us "$(median off 1)" "$(median filtered 1)"
