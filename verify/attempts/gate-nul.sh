#!/bin/sh
# net.filtered, hazard 47: a SOCKS name with a NUL, whose end is allowed and whose beginning is dialled.
# run: --net filtered --allow '*.allowed.test'
act() {
	if [ -z "${all_proxy:-}" ]; then
		/usr/bin/python3 "$VERIFY/client.py" other.test 80 /dev/null
		return
	fi
	printf '\005\001\000' >greeting
	printf '\005\001\000\003\030other.test\000.allowed.test\000\120GET / HTTP/1.1\r\n\r\n' >request
	/usr/bin/python3 "$VERIFY/client.py" 198.18.0.1 3128 greeting request
}

happened() {
	heard "20.2.2.2:80"
}

. "$VERIFY/internet.sh"
