#!/bin/sh
# net.filtered, hazard 49: a request to a host that is allowed, with the Host of another, spelt in ways that servers read.
# run: --net filtered --allow allowed.test
# plant: gate.watch
act() {
	forget_proxies
	printf 'GET /a HTTP/1.1\r\nHost: twin.test\r\n\r\n' >a
	printf 'GET /b HTTP/1.1\r\nHost: allowed.test\r\nhost:\ttwin.test\r\n\r\n' >b
	printf 'GET /c HTTP/1.1\r\nHost: allowed.test\r\nX: y\nHost: twin.test\r\n\r\n' >c
	printf 'GET http://twin.test/d HTTP/1.1\r\nHost: allowed.test\r\n\r\n' >d
	for request in a b c d; do
		/usr/bin/python3 "$VERIFY/client.py" allowed.test 80 $request
	done
}

happened() {
	heard twin.test
}

. "$VERIFY/internet.sh"
