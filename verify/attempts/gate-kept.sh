#!/bin/sh
# net.filtered, hazard 46: on a connection to a host that is allowed, the second request names another.
# run: --net filtered --allow allowed.test
# plant: gate.watch
act() {
	forget_proxies
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

. "$VERIFY/internet.sh"
