#!/bin/sh
# net.filtered, hazard 46: another port of a host that is allowed.
# run: --net filtered --allow allowed.test:80
# plant: gate.rules
act() {
	forget_proxies
	curl -s -m 5 http://allowed.test:81/
}

happened() {
	heard "20.1.1.1:81"
}

. "$VERIFY/internet.sh"
