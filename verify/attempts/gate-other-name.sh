#!/bin/sh
# net.filtered, hazard 46: a name that no rule allows, with every proxy variable gone (hazard 52).
# run: --net filtered --allow allowed.test
# plant: gate.rules
act() {
	forget_proxies
	curl -s -m 5 http://other.test/
}

happened() {
	heard "20.2.2.2:80"
}

. "$VERIFY/internet.sh"
