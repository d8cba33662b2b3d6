#!/bin/sh
# usage: bench/network.sh [ROUNDS]
#
# What the gate costs: a request on a new connection, on the first one to an address, on a kept connection, and bulk,
# through `cordon run --net filtered`, by programs that know of no proxy and by its proxy, and directly, in turns; and what a
# start with the network filtered takes beside one with it off. Where srt is installed, through its proxy as well. In a
# network of its own (verify/support/internet.c). Prints medians, and ratios to direct.
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

if command -v srt >/dev/null; then
	cat >"$scratch/srt.json" <<-END
		{ "network": { "allowedDomains": ["allowed.test"], "deniedDomains": [] },
		  "filesystem": { "denyRead": [], "allowWrite": ["."], "denyWrite": [] } }
	END
fi

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
	with_srt() { # its proxy tells runs apart by a password
		# shellcheck disable=SC2016  # for the inner shell
		srt -s ../srt.json -c '\''
			person=${http_proxy#http://}
			person=$(printf %s "${person%@*}" | sed s/%3D/=/g | base64 -w 0)
			../network measure allowed.test 8080 127.0.0.1 "$person"'\''
	}
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
		! [ -e ../srt.json ] || with_srt >>../srt
		start ../off --net off
		start ../filtered --allow allowed.test
	done' sh "$scratch" "$rounds" "$cordon"

median() { # FILE COLUMN
	awk -v column="$2" '{ print $column }' "$scratch/$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}
row() { # TITLE UNIT COLUMN FILE...: the column of each file, then the ratios to the first
	title=$1 unit=$2 column=$3
	shift 3
	for file in "$@"; do
		median "$file" "$column"
	done | awk -v title="$title" -v unit="$unit" '{ value[NR] = $1 } END {
		printf "%-22s", title
		for (i = 1; i <= 4; i++)
			printf " %10s", value[i]
		printf " %-5s", unit
		for (i = 2; i <= NR; i++)
			printf "  %.2f", value[i] / value[1]
		print ""
	}'
}
srt=
[ ! -s "$scratch/srt" ] || srt=srt
printf '%-22s %10s %10s %10s %10s\n' '' direct gate proxied "$srt"
row 'new connection' us 1 direct gate proxied $srt
row 'first to an address' us 4 direct gate
row 'kept connection' us 2 direct gate proxied $srt
row 'bulk' MiB/s 3 direct gate proxied $srt
printf '%-22s %10s %10s\n' '' off filtered
row 'start' us 1 off filtered
