#!/bin/sh
# net.filtered, hazard 53: services on the host's loopback beside the one that is named.
# run: --net filtered --allow localhost:80
# plant: namespaces.net
act() {
	for port in 81 443 8080 5432; do
		/usr/bin/python3 "$VERIFY/client.py" 127.0.0.1 $port /dev/null
		/usr/bin/python3 "$VERIFY/client.py" ::1 $port /dev/null
	done
}

happened() {
	heard connected
}

. "$VERIFY/internet.sh"
