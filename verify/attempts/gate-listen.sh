#!/bin/sh
# net.filtered, hazards 53 and 55: one port of the command's is open to the host's loopback; nobody reaches it by another
# address of the machine's, nor another port.
# run: --net filtered --listen 8080
# plant: namespaces.net
launch() {
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		"$@" &
		ask() {
			/usr/bin/python3 "$VERIFY/fetch.py" "$@"
		}
		ask 10 127.0.0.1 8080 /loopback
		ask 10 ::1 8080 /loopback6
		ask 0 20.1.1.1 8080 /address
		ask 0 127.0.0.1 8081 /port
		ask 10 127.0.0.1 8080 /last
		wait' sh "$@" >"$WORLD/answers"
}

act() {
	/usr/bin/python3 -c '
import http.server, socket, threading
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"inside " + self.path.encode())
        if self.path == "/last":
            threading.Thread(target=servers[0].shutdown).start()
servers = [Server(("::", port), Page) for port in (8080, 8081)]
threading.Thread(target=servers[1].serve_forever, daemon=True).start()
servers[0].serve_forever()' 2>/dev/null
}

happened() {
	grep -q -e "inside /address" -e "inside /port" "$WORLD/answers"
}

worked() {
	grep -q "inside /loopback" "$WORLD/answers" && grep -q "inside /loopback6" "$WORLD/answers"
}

. "$VERIFY/internet.sh"
