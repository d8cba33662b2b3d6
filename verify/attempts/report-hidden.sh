#!/bin/sh
# report: which hidden names were tried is known, whether the command covers its tracks, whether it is killed by a limit, and
# whether or not it knows of the decoys; and no name tells whether it is there.
# run: --report "$WORLD/report.json" --output 64KiB
# ending: killed
# plant: decoys
# fallback: no refused reads are not seen there
prepare() {
	rm -rf "$HOME/.kube"
	mkdir -p "$HOME/.password-store"
}

act() {
	cat "$HOME/.ssh/id_rsa"
	ls "$HOME/.kube/config"
	decoy=$(readlink "$HOME/.aws" || echo /nothing)
	cat "$HOME/.aws/credentials"
	touch -h -d "1970-01-01 00:00:00 UTC" "$decoy"
	mv "$decoy" "$decoy.gone"
	rm -f "$decoy"
	for name in .kube .password-store; do
		readlink "$HOME/$name" | sed 's|[0-9]*$||'
	done
	yes | head -c 1000000
	sleep 3
}

# Bare nothing is refused, so that nothing is told: the attack is that the tries stay unknown.
launch() {
	[ "$SIDE" = inside ] || return 0
	"$@"
}

tried() {
	grep -qF "\"target\": \"$HOME/$1\"" "$WORLD/report.json"
}

happened() {
	[ "$SIDE" = bare ] || ! tried .ssh || ! tried .aws
}

worked() {
	[ "$SIDE" = bare ] || { ! tried .kube && ! tried .password-store &&
		grep -q '"outcome": "output"' "$WORLD/report.json" && [ "$(sort -u "$WORLD/output" | grep -vc '^y*$')" = 1 ]; }
}

. "$VERIFY/attempt.sh"
