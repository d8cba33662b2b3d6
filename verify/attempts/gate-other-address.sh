#!/bin/sh
# net.filtered, hazard 46: an address, of IPv4 and IPv6, that no rule names.
# run: --net filtered --allow allowed.test
# plant: namespaces.net
act() {
	printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >request
	/usr/bin/python3 "$VERIFY/client.py" 20.2.2.2 80 request
	/usr/bin/python3 "$VERIFY/client.py" 2600::1 80 request
}

happened() {
	heard ":80 connected"
}

. "$VERIFY/internet.sh"
