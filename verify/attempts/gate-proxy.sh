#!/bin/sh
# net.filtered, hazards 46 and 52: the gate's proxy asked for a host that no rule allows, by each of its protocols.
# run: --net filtered --allow allowed.test
# plant: gate.rules
act() {
	curl -s -m 5 http://other.test/
	curl -s -m 5 -p http://other.test:81/
	curl -s -m 5 ${all_proxy:+-x "$all_proxy"} http://other.test:8080/
}

happened() {
	heard "20.2.2.2:"
}

. "$VERIFY/internet.sh"
