#!/bin/sh
# net.filtered: connections that stand still in every way that a client can think of cost no processor time.
# run: --net filtered --allow allowed.test
prepare() {
	prepare_internet
	need pgrep
}

ticks() { # of the two processes of the gate
	cat "/proc/$gate/stat" "/proc/$(pgrep -P "$gate" | head -n 1)/stat" 2>/dev/null |
		awk '{ sub(/.*\) /, ""); sum += $12 + $13; count++ } END { print count == 2 ? sum : -1 }'
}

# A second in which it takes less than a tenth of the processor's, of the first six.
rests() {
	[ "$SIDE" = inside ] || return 0
	for _ in 1 2 3 4 5 6; do
		before=$(ticks)
		sleep 1
		after=$(ticks)
		[ "$before" -ge 0 ] && [ "$after" -ge 0 ] || return 1
		[ $((after - before)) -ge 10 ] || return 0
	done
	return 1
}

launch() {
	launch_meanwhile "$@"
}

meanwhile() {
	rests && echo yes >"$WORLD/rested"
}

act() {
	/usr/bin/python3 - <<-'PYTHON'
		import os, socket, struct, time
		kept = []
		def come(port, text=b"", host="allowed.test"):
		    client = socket.create_connection((host, port), 5)
		    client.sendall(text)
		    kept.append(client)
		    return client
		proxy = os.environ.get("http_proxy")
		for _ in range(20):
		    come(80)
		    come(80, b"GET / HTTP/1.1\r\nHo")
		    come(8080, b"GE")
		    come(8080, b"word")
		    come(8080, b"GET / HTTP/1.1\r\nHost: allowed.test:8080\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nmore")
		    come(443, b"\x16\x03\x01\x02\x00")
		    come(80, b"POST / HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 9\r\n\r\n1").shutdown(socket.SHUT_WR)
		    client = come(80)
		    client.setblocking(False)
		    try: # answers that nobody reads
		        for _ in range(2000):
		            client.send(b"GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n")
		    except BlockingIOError:
		        pass
		    come(80).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		    kept.pop().close()
		    if proxy:
		        come(3128, b"CONNECT allowed.test:80 HT", "198.18.0.1")
		        come(3128, b"\x05\x01", "198.18.0.1")
		open("waiting", "w").write("yes")
		for _ in range(200):
		    if os.path.exists("go"):
		        break
		    time.sleep(0.05)
	PYTHON
}

worked() {
	[ -s "$WORK/waiting" ] && { [ "$SIDE" = bare ] || [ -s "$WORLD/rested" ]; }
}

. "$VERIFY/internet.sh"
