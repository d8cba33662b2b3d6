#!/bin/sh
# net.filtered, hazard 46: on a connection to a host that is allowed, the second request names another.
# run: --net filtered --allow allowed.test
# plant: gate.watch
prepare() {
	prepare_internet
}

launch() {
	launch_in_internet "$@"
}

act() {
	unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
	printf 'GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n' >first
	printf 'GET /second HTTP/1.1\r\nHost: twin.test\r\n\r\n' >second
	/usr/bin/python3 "$VERIFY/client.py" allowed.test 80 first second
}

happened() {
	heard "host=twin.test"
}

worked() {
	heard "host=allowed.test"
}

. "$VERIFY/attempt.sh"
