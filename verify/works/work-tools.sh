#!/bin/sh
# What shells and scripts take for granted: time zones, locales, ps, job control of scripts, fifos, temporary files, locks,
# terminals made by a program, the limits that were there.
# same: output
# fallback: no programs can make no terminals
prepare() {
	echo "umlaut ä" >text
}

act() {
	TZ=Asia/Tokyo date -d @0 +%F:%T:%Z
	TZ=America/New_York date -d @1750000000 +%H:%Z
	LC_ALL=C.UTF-8 awk '{ print length($0) }' text
	LC_ALL=C.UTF-8 printf '%s\n' b A a | sort | paste -s
	sleep 30 &
	ps -o comm= -p $$ | cut -c 1-8
	ps -o pid= | wc -l | awk '{ print $1 > 0 }'
	kill $! && wait $!
	echo "killed: $?"
	mkfifo fifo && (echo through >fifo &) && cat fifo
	temporary=$(mktemp) && echo kept >"$temporary" && cat "$temporary" && rm "$temporary"
	(flock 9 && echo locked) 9>lock
	script -qec 'test -t 0 && echo terminal' /dev/null </dev/null 2>/dev/null | tr -d '\r'
	umask
	id -un
	nice -n 5 echo nicer
	timeout 0.1 sleep 5
	echo "timeout: $?"
	(trap 'echo trapped' USR1 && kill -USR1 "$(exec sh -c 'echo $PPID')")
	find . -name text -newer fifo -o -name fifo | sort
	tar cf - text | tar tf -
	dd if=/dev/zero bs=1M count=8 2>/dev/null | gzip -1 | gunzip | cksum
	test -w /dev/null && echo lost >/dev/null && head -c 4 /dev/zero | od -An -tx1
	python=$(command -v python3) && "$python" -c 'import os; print(os.sched_getaffinity(0) != set())'
	exit 11
}

worked() {
	grep -q '^1970-01-01:09:00:00:JST' "$WORLD/output" && grep -q '^killed: 143' "$WORLD/output" &&
		grep -q '^timeout: 124' "$WORLD/output" && grep -q '^locked' "$WORLD/output" && grep -q '^status=11' "$WORLD/seen"
}

. "$VERIFY/attempt.sh"
