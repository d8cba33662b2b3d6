#!/bin/sh
# net.filtered, hazard 54: the password of the host's own proxy is the gate's: it is in no environment and no command line that
# can be read inside.
# run: --net filtered --allow allowed.test
# plant: environment
launch() {
	https_proxy="http://person:$secret@127.0.0.1:3129" launch_in_internet "$@"
}

act() {
	{
		env
		cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline
	} 2>/dev/null | tr '\0' '\n' | grep -a person: >found
	true
}

happened() {
	leaked
}

. "$VERIFY/internet.sh"
