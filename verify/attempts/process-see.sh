#!/bin/sh
# processes: the command lines of host processes.
# plant: namespaces.pid+proc
# fallback: processes
prepare() {
	start_victim
}

act() {
	cat /proc/[0-9]*/cmdline >loot
}

happened() {
	grep -qaF "$secret" "$WORK/loot"
}

. "$VERIFY/attempt.sh"
