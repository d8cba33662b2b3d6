#!/bin/sh
# net.filtered: the host gives /etc/resolv.conf to another file while the command runs, as it does when a laptop changes its
# network; names are found all the same.
# run: --net filtered --allow allowed.test
prepare() {
	[ "$(id -u)" = 0 ] || skip "only root replaces /etc/resolv.conf"
	prepare_internet
	need curl
	mkdir -p "$WORLD/etc/upper" "$WORLD/etc/work"
	INTERNET_ETC="$WORLD/etc" "$VERIFY/internet" "$OUTSIDE/hosts" true || skip "nothing can be laid over /etc here"
}

launch() {
	export INTERNET_ETC="$WORLD/etc"
	launch_meanwhile "$@"
}

meanwhile() {
	echo "nameserver 192.0.2.1" >/etc/new
	mv /etc/new /etc/resolv.conf
}

act() {
	forget_proxies
	curl -s -m 5 http://allowed.test/before
	wait_outside
	tries=0
	until curl -s -m 2 http://allowed.test/after; do
		tries=$((tries + 1))
		[ $tries -le 50 ] || return 1
		sleep 0.05
	done
}

worked() {
	heard "GET /after" && grep -q 192.0.2.1 "$WORLD/etc/upper/resolv.conf"
}

. "$VERIFY/internet.sh"
