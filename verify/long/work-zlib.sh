#!/bin/sh
# A library from its Debian source, built twice: in the source's folder, and with clang and the address sanitizer if there.
# same: output
prepare() {
	[ -d "$SOURCES/zlib" ] || skip "the source of zlib could not be fetched"
	command -v make >/dev/null || skip "make is not installed"
	cp -a "$SOURCES/zlib" .
	cp -a "$SOURCES/zlib" sanitized
}

build() { # FOLDER CC FLAGS
	(
		cd "$1" || return
		CC=$2 CFLAGS=$3 ./configure >../configured 2>&1
		echo "$2: configure: $?"
		make -j2 >../made 2>&1
		echo "$2: make: $?"
		make test 2>&1 | grep -E 'OK|FAILED'
		cksum libz.a zconf.h | cut -d ' ' -f 1,3
	)
}

act() {
	build zlib cc -O2
	! command -v clang >/dev/null || build sanitized clang "-O1 -fsanitize=address"
}

worked() {
	grep -q '^cc: make: 0' "$WORLD/output" && ! grep -q FAILED "$WORLD/output"
}

. "$VERIFY/attempt.sh"
