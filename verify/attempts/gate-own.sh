#!/bin/sh
# net.filtered, hazard 48: the machine itself, under its address in a network that is allowed as a range.
# run: --net filtered --allow 10.0.0.0/8:8080
# plant: gate.reach
launch() {
	INTERNET_OWN=10.9.9.9 launch_in_internet "$@"
}

act() {
	forget_proxies
	curl -s -m 5 http://10.1.2.3:8080/
	curl -s -m 5 http://10.9.9.9:8080/
	curl -s -m 5 --socks5 198.18.0.1:3128 http://10.9.9.9:8080/
}

happened() {
	heard "10.9.9.9:8080 connected"
}

worked() {
	heard "10.1.2.3:8080 connected"
}

. "$VERIFY/internet.sh"
