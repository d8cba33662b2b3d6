#!/bin/sh
# net.filtered: HTTPS and git over it, with the server's certificate checked, by programs that know of no proxy.
# run: --net filtered --allow allowed.test:443
prepare() {
	prepare_internet
	command -v openssl >/dev/null || skip "there is no openssl"
	command -v curl >/dev/null || skip "there is no curl"
	cd "$OUTSIDE" || return
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=allowed.test -addext subjectAltName=DNS:allowed.test \
		-keyout key -out certificate 2>/dev/null || skip "openssl makes no certificate"
	cp certificate "$WORK/authority"
	git clone -q --bare "$WORK" served/repository.git
	git -C served/repository.git update-server-info
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		"$VERIFY/https.py" "$OUTSIDE/served" "$OUTSIDE/certificate" "$OUTSIDE/key" "$WORLD/ready" 2>"$WORLD/heard" &
		until [ -s "$WORLD/ready" ]; do
			sleep 0.05
		done
		"$@"
		kill $!' sh "$@"
}

act() {
	forget_proxies
	curl -s -m 5 --cacert authority https://allowed.test/repository.git/HEAD >by-curl
	GIT_SSL_CAINFO=authority git clone -q https://allowed.test/repository.git by-git
	/usr/bin/python3 -c '
import ssl, urllib.request
context = ssl.create_default_context(cafile="authority")
page = urllib.request.urlopen("https://allowed.test/repository.git/HEAD", timeout=5, context=context).read()
open("by-python", "wb").write(page)'
}

worked() {
	cd "$WORK" && grep -q main by-curl && grep -q main by-python && [ -f by-git/notes ]
}

. "$VERIFY/internet.sh"
