#!/bin/sh
# net.filtered, hazard 54: the host's own proxy is asked to show what it was sent, with the password in it.
# run: --net filtered --allow far.test
password=cGVyc29uOmh1c2g= # person:hush

prepare() {
	prepare_internet
	need curl
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	launch_in_internet sh -c '
		"$VERIFY/upstream.py" 3129 "$WORLD/asked" "$WORLD/listening" 20.1.1.1 &
		until [ -s "$WORLD/listening" ]; do
			sleep 0.05
		done
		http_proxy=http://person:hush@127.0.0.1:3129 "$@"
		status=$?
		kill $!
		exit $status' sh "$@"
}

act() {
	curl -s -m 10 -X TRACE -H 'Max-Forwards: 0' http://far.test/ >answer
	curl -s -m 10 -X TRACE -H 'Max-Forwards: 0' -x '' http://far.test/ >>answer
	curl -s -m 10 http://far.test/fine >/dev/null
}

happened() {
	grep -qsF "$password" "$WORK/answer"
}

worked() {
	heard "GET /fine"
}

. "$VERIFY/internet.sh"
