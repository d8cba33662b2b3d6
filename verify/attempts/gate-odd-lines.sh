#!/bin/sh
# net.filtered, hazard 46: a request for another host whose first line only a careless server takes for one, on a port where
# other protocols pass.
# run: --net filtered --allow allowed.test
# plant: gate.watch
act() {
	forget_proxies
	: >nothing
	for line in ' GET /1 HTTP/1.1' '\tGET /2 HTTP/1.1' 'GET\r/3\rHTTP/1.1' 'GET\014/4\240HTTP/1.1' 'GET /5\000 HTTP/1.1' \
		'GET /6' 'POST /7' 'GET /8 RTSP/1.0' 'SOURCE /9 ICE/1.0' 'G:T /10 HTTP/1.1'; do
		# shellcheck disable=SC2059  # the line is the format
		printf "$line"'\r\nHost: twin.test\r\n\r\n' >request
		/usr/bin/python3 "$VERIFY/client.py" allowed.test 8080 request nothing
	done
	printf 'GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n' >request
	/usr/bin/python3 "$VERIFY/client.py" allowed.test 8080 request
}

happened() {
	heard "host=twin.test"
}

worked() {
	heard "host=allowed.test"
}

. "$VERIFY/internet.sh"
