#!/bin/sh
# net.filtered: programs that know of no proxy reach a host that is allowed: curl, wget, python, node, perl, a static
# program of musl, over HTTP.
# run: --net filtered --allow allowed.test:80
prepare() {
	prepare_internet
	for client in curl wget node perl; do
		command -v $client
	done >"$OUTSIDE/clients"
	! musl-gcc -static -o dial "$VERIFY/dial.c" 2>/dev/null || echo dial >>"$OUTSIDE/clients"
}

act() {
	forget_proxies
	curl -s -m 5 http://allowed.test/curl
	wget -q -T 5 -t 1 -O - http://allowed.test/wget
	/usr/bin/python3 -c 'import urllib.request; print(urllib.request.urlopen("http://allowed.test/python", timeout=5).read())'
	node -e 'fetch("http://allowed.test/node").then(r => r.text()).then(console.log)'
	[ ! -x dial ] || ./dial allowed.test 80 /dial
	perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("allowed.test:80"); print $s "GET /perl HTTP/1.0\r\nHost: allowed.test\r\n\r\n"; print scalar <$s>'
}

worked() {
	heard "GET /python" || return
	while read -r client; do
		heard "GET /${client##*/} " || {
			echo "$client"
			return 1
		}
	done <"$OUTSIDE/clients"
}

. "$VERIFY/internet.sh"
