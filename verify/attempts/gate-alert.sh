#!/bin/sh
# net.filtered, hazard 49: TLS that asks for another host, behind an alert that some servers pass over, on another port than
# 443.
# run: --net filtered --allow allowed.test
# plant: gate.watch
act() {
	forget_proxies
	/usr/bin/python3 - <<-'PYTHON'
		import socket, ssl
		context = ssl.create_default_context()
		hello = ssl.MemoryBIO()
		try:
		    context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="twin.test").do_handshake()
		except ssl.SSLWantReadError:
		    pass
		client = socket.create_connection(("allowed.test", 8080), 5)
		client.sendall(b"\x15\x03\x01\x00\x02\x01\x5a" + hello.read())
		client.recv(100)
	PYTHON
}

happened() {
	heard "tls twin.test"
}

. "$VERIFY/internet.sh"
