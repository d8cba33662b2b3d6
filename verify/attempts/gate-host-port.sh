#!/bin/sh
# net.filtered, hazard 49: a request in the clear on a port that is not HTTP's, with the Host of another; and the other
# protocols that are spoken on such ports go on.
# run: --net filtered --allow allowed.test
# plant: gate.watch
say() { # PORT FILE...
	port=$1
	shift
	/usr/bin/python3 "$VERIFY/client.py" allowed.test "$port" "$@"
}

act() {
	forget_proxies
	printf 'GET /a HTTP/1.1\r\nHost: twin.test:8080\r\n\r\n' >a
	printf '\r\nGET /b HTTP/1.1\r\nHost: twin.test\r\n\r\n' >b
	printf 'GET /c HTTP/1.1\nHost: twin.test\r\n\r\n' >c
	printf 'CONNECT twin.test:443 HTTP/1.1\r\nHost: twin.test:443\r\n\r\n' >d
	printf 'GET /good HTTP/1.1\r\nHost: allowed.test:8080\r\n\r\n' >good
	printf 'GET /bare HTTP/1.1\r\nHost: allowed.test\r\n\r\n' >bare
	for request in a b c d; do
		say 8080 $request
	done
	say 5432 a
	say 8080 good a # the second one of a connection
	say 81 bare
	/usr/bin/python3 - <<-'PYTHON'
		import socket, time
		def say(*texts):
		    place = socket.create_connection(("allowed.test", 5432), 5)
		    place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		    for text in texts:
		        place.sendall(text)
		        time.sleep(0.1)
		    place.shutdown(socket.SHUT_WR)
		    place.recv(1)
		def try_to_say(*texts):
		    try:
		        say(*texts)
		    except OSError:
		        pass
		say(b"EHLO a.mail\n")
		say(b"half", b" a", b" line")
		say(b"GE", b"T /slow", b" HTTP/1.1\r\nHost: allowed.test:5432\r\n\r\n")
		try_to_say(b"BREW /e HT", b"TP/1.1\r\nHost: twin.test\r\n\r\n")
		try_to_say(b"GET http://twin.test/", b"\r\n")
		try_to_say(b"GET /f HTTP/1.1\r\nHo", b"st: twin.test\r\n\r\n")
	PYTHON
}

happened() {
	heard twin.test
}

worked() {
	heard "GET /good HTTP/1.1 host=allowed.test:8080" && heard "GET /bare" && heard "EHLO a.mail" && heard "GET /slow" &&
		heard "at last half a line"
}

. "$VERIFY/internet.sh"
