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
	launch_meanwhile "$@"
}

meanwhile() {
	[ -z "$gate" ] || { kill -9 "$gate" && echo "$gate" >"$WORLD/killed"; }
}

act() {
	forget_proxies
	curl -s -m 5 http://allowed.test/before
	wait_outside
	curl -s -m 2 http://allowed.test/after
	/usr/bin/python3 "$VERIFY/client.py" 20.1.1.1 81 /dev/null
}

happened() {
	heard "GET /after" || heard "20.1.1.1:81"
}

worked() {
	heard "GET /before" && { [ "$SIDE" = bare ] || [ -s "$WORLD/killed" ]; }
}

. "$VERIFY/internet.sh"
