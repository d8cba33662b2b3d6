#!/bin/sh
# net.filtered, hazards 48 and 51: names that a DNS server answers, and that no file of the host's has. One that is allowed is found by
# the gate; one that leads to this machine is refused; of what is not allowed no question reaches the server.
# run: --net filtered --allow far.test:80 --allow rebound.test:80 --report "$WORLD/report.json"
prepare() {
	[ "$(id -u)" = 0 ] || skip "only root replaces /etc/resolv.conf"
	prepare_internet
	need dnsmasq curl
	mkdir -p "$WORLD/etc/upper" "$WORLD/etc/work"
	INTERNET_ETC="$WORLD/etc" "$VERIFY/internet" "$OUTSIDE/hosts" true || skip "nothing can be laid over /etc here"
}

launch() {
	export INTERNET_ETC="$WORLD/etc"
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		rm -f /etc/resolv.conf
		echo "nameserver 127.0.0.1" >/etc/resolv.conf
		echo "hosts: files dns" >/etc/nsswitch.conf
		dnsmasq --keep-in-foreground --no-resolv --no-hosts --log-queries --log-facility="$WORLD/asked" --user=root \
			--address=/far.test/20.1.1.1 --address=/rebound.test/127.0.0.1 --address=/secret.test/20.2.2.2 &
		servers=$!
		python3 -c "
import socket, threading
def serve(host):
    server = socket.create_server((host, 80))
    while True:
        client, _ = server.accept()
        open(\"$WORLD/heard\", \"a\").write(host + \" \" + client.recv(4096).decode().split(chr(13))[0] + chr(10))
        client.sendall(b\"HTTP/1.0 200 OK\r\n\r\nfine\")
        client.close()
for host in (\"20.1.1.1\", \"20.2.2.2\", \"127.0.0.1\"):
    threading.Thread(target=serve, args=(host,)).start()
open(\"$WORLD/ready\", \"w\").write(\"yes\")" &
		servers="$servers $!"
		until [ -s "$WORLD/ready" ] && [ -s "$WORLD/asked" ]; do
			sleep 0.05
		done
		"$@"
		kill $servers' sh "$@"
}

act() {
	forget_proxies
	curl -s -m 10 http://far.test/allowed
	curl -s -m 10 http://rebound.test/rebound
	curl -s -m 10 http://secret.test/refused
	curl -s -m 10 http://c2VjcmV0.secret.test/refused
	true
}

happened() {
	grep -q -e /rebound -e /refused "$WORLD/heard" || grep -q secret.test "$WORLD/asked"
}

worked() {
	grep -q "20.1.1.1 GET /allowed" "$WORLD/heard" &&
		{ [ "$SIDE" = bare ] || { grep -q '"target": *"secret.test' "$WORLD/report.json" &&
			grep -q '"target": *"rebound.test' "$WORLD/report.json"; }; }
}

. "$VERIFY/internet.sh"
