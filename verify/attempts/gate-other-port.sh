#!/bin/sh
# net.filtered, hazard 46: another port of a host that is allowed.
# run: --net filtered --allow allowed.test:80
# plant: gate.rules
prepare() {
	prepare_internet
}

launch() {
	launch_in_internet "$@"
}

act() {
	unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
	curl -s -m 5 http://allowed.test:81/
}

happened() {
	heard "20.1.1.1:81"
}

. "$VERIFY/attempt.sh"
