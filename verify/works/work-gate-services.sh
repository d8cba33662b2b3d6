#!/bin/sh
# net.filtered: what `localhost:PORT` names is the host's service; a server of the command's own, on every address and on a
# port that is allowed elsewhere, is reached by its clients, before and after; a range of addresses is reached as such.
# run: --net filtered --allow localhost:5432 --allow allowed.test:8080 --allow 20.3.0.0/16:81
act() {
	forget_proxies
	printf 'query\n' >query
	printf 'GET /outside HTTP/1.1\r\nHost: allowed.test:8080\r\n\r\n' >outside
	/usr/bin/python3 "$VERIFY/client.py" 127.0.0.1 5432 query
	/usr/bin/python3 "$VERIFY/client.py" 20.3.4.5 81 query
	/usr/bin/python3 "$VERIFY/client.py" allowed.test 8080 outside
	[ "$SIDE" = bare ] || /usr/bin/python3 -c '
import socket, urllib.request, threading
server = socket.create_server(("0.0.0.0", 8080))
def answer():
    client, _ = server.accept()
    client.recv(4096)
    client.sendall(b"HTTP/1.0 200 OK\r\n\r\ninside")
    client.close()
threading.Thread(target=answer).start()
assert urllib.request.urlopen("http://127.0.0.1:8080/").read() == b"inside"
open("served", "w").write("yes")'
	[ "$SIDE" != bare ] || echo yes >served
	/usr/bin/python3 "$VERIFY/client.py" allowed.test 8080 outside
}

worked() {
	heard "5432 query" && heard "20.3.4.5:81 query" && [ -s "$WORK/served" ] && [ "$(grep -c 'GET /outside' "$WORLD/heard")" = 2 ]
}

. "$VERIFY/internet.sh"
