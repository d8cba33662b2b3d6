#!/bin/sh
# net.filtered, hazard 56: the gate is killed while the command runs. What holds is the network, not the process: closed, never
# open, to hosts that are allowed as well.
# run: --net filtered --allow allowed.test
# plant: namespaces.net
prepare() {
	prepare_internet
	need pgrep curl
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	launch_in_internet sh -c '
		"$@" &
		running=$!
		tries=0
		until [ -s "$WORK/waiting" ] || [ $tries = 100 ]; do
			tries=$((tries + 1))
			sleep 0.05
		done
		for gate in $(pgrep -x cordon-gate -P $running); do
			kill -9 $gate
			echo $gate >>"$WORLD/killed"
		done
		echo yes >"$WORK/go"
		wait $running' sh "$@"
}

act() {
	unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
	curl -s -m 5 http://allowed.test/before
	echo yes >waiting
	wait_for go
	curl -s -m 2 http://allowed.test/after
	/usr/bin/python3 "$VERIFY/client.py" 20.1.1.1 81 /dev/null
}

happened() {
	heard "GET /after" || heard "20.1.1.1:81"
}

worked() {
	heard "GET /before" && { [ "$SIDE" = bare ] || [ -s "$WORLD/killed" ]; }
}

. "$VERIFY/attempt.sh"
