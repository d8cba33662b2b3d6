#!/bin/sh
# A C project from its Debian source: configure, make -j2, its own tests, install; the products are the same to the byte.
# same: output
prepare() {
	[ -d "$SOURCES/hello" ] || skip "the source of hello could not be fetched"
	command -v make >/dev/null || skip "make is not installed"
	cp -a "$SOURCES/hello" .
}

act() {
	cd hello || return
	# configure asks root to think again
	FORCE_UNSAFE_CONFIGURE=1 ./configure --prefix="$WORK/installed" >../configured 2>&1
	echo "configure: $?"
	make -j2 >../made 2>&1
	echo "make: $?"
	make check >../checked 2>&1
	echo "check: $?"
	grep -E '^# (TOTAL|PASS|SKIP|FAIL|ERROR)' ../checked
	make install >../installed.log 2>&1
	echo "install: $?"
	"$WORK/installed/bin/hello" --greeting "built here"
	cksum hello config.h src/*.o
	find "$WORK/installed" -type f | sort | sed "s|$WORK/||"
	return 5
}

worked() {
	grep -q '^make: 0' "$WORLD/output" && grep -q '^check: 0' "$WORLD/output" && grep -q '^built here' "$WORLD/output"
}

. "$VERIFY/attempt.sh"
