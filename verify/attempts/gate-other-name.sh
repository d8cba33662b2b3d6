#!/bin/sh
# net.filtered, hazard 46: a name that no rule allows, with every proxy variable gone (hazard 52).
# run: --net filtered --allow allowed.test
# plant: gate.rules
prepare() {
	prepare_internet
}

launch() {
	launch_in_internet "$@"
}

act() {
	unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
	curl -s -m 5 http://other.test/
}

happened() {
	heard "20.2.2.2:80"
}

. "$VERIFY/attempt.sh"
