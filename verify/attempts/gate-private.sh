#!/bin/sh
# net.filtered, hazard 48: names that are allowed and lead to loopback, private, metadata, mapped and translated addresses.
# run: --net filtered --allow loopback.test --allow private.test --allow metadata.test --allow mapped.test --allow translated.test
# plant: gate.reach
act() {
	forget_proxies
	for name in loopback private metadata mapped translated; do
		curl -s -m 5 http://$name.test/
		curl -s -m 5 http://$name.test:8080/
	done
}

happened() {
	heard ":80 " || heard ":8080 "
}

. "$VERIFY/internet.sh"
