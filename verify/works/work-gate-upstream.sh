#!/bin/sh
# net.filtered: where the host itself goes out through a proxy, with a password, so does the gate, for programs that know of a
# proxy and for those that do not; what no_proxy names is reached without it. The names are not known on the host.
# run: --net filtered --allow far.test --allow allowed.test:443 --allow localhost:81
prepare() {
	prepare_internet
	need curl
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	launch_in_internet sh -c '
		"$VERIFY/upstream.py" 3129 "$WORLD/asked" "$WORLD/listening" 20.1.1.1 &
		until [ -s "$WORLD/listening" ]; do
			sleep 0.05
		done
		export http_proxy=http://person:hush@127.0.0.1:3129 https_proxy=http://person:hush@localhost:3129/
		export no_proxy=allowed.test,localhost
		"$@"
		status=$?
		kill $!
		exit $status' sh "$@"
}

act() {
	curl -s -m 10 http://far.test/by-proxy
	[ "$SIDE" = bare ] || curl -s -m 10 -x "${all_proxy:-}" http://far.test/by-socks
	curl -s -m 10 -p http://far.test:8080/by-connect
	[ "$SIDE" = bare ] || unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
	curl -s -m 10 http://far.test/unknowing
	curl -s -m 10 -k https://allowed.test/
	curl -s -m 10 http://localhost:81/near
}

worked() {
	heard "GET /by-proxy" && heard "GET /by-connect" && heard "GET /unknowing" && heard "20.1.1.1:443 tls allowed.test" &&
		heard "GET /near" && grep -q "far.test.* knows" "$WORLD/asked" &&
		! grep -q -e stranger -e allowed.test -e localhost "$WORLD/asked"
}

. "$VERIFY/internet.sh"
