#!/bin/sh
# net.filtered, hazard 45: a list of hosts that is empty allows none.
# run: --net filtered
# plant: namespaces.net gate.rules
act() {
	forget_proxies
	/usr/bin/python3 "$VERIFY/client.py" 20.1.1.1 80 /dev/null
	curl -s -m 5 http://allowed.test/
}

happened() {
	heard "20.1.1.1:80 connected"
}

. "$VERIFY/internet.sh"
