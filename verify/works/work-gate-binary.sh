#!/bin/sh
# net.filtered: protocols whose first bytes are no line, and look like the beginning of another one.
# run: --net filtered --allow allowed.test
act() {
	forget_proxies
	/usr/bin/python3 - <<-'PYTHON'
		import socket, time
		for pieces in ([b"\0\0\0\x08\x04\xd2", b"\x16\1\1one\n"], [b"word", b"\x15\3\1two\n"], [b"\x15", b"\1three\n"],
		               [b"\x18\0 / four\n"], [b"get /five\n"]):
		    client = socket.create_connection(("allowed.test", 8080), 5)
		    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		    for piece in pieces:
		        client.sendall(piece)
		        time.sleep(0.05)
		    client.shutdown(socket.SHUT_WR)
		    client.recv(100)
	PYTHON
}

worked() {
	for word in one two three four five; do
		grep -aqs "$word" "$WORLD/heard" || return 1
	done
}

. "$VERIFY/internet.sh"
