#!/bin/sh
# net.filtered, hazard 49: TLS to a host that is allowed which asks for another one (domain fronting), and for none.
# run: --net filtered --allow allowed.test
# plant: gate.watch
act() {
	forget_proxies
	curl -s -k -m 5 --connect-to twin.test:443:allowed.test:443 https://twin.test/
	curl -s -k -m 5 --connect-to 20.9.9.9:443:allowed.test:443 https://20.9.9.9/
}

happened() {
	heard "tls twin.test" || heard "tls -"
}

. "$VERIFY/internet.sh"
