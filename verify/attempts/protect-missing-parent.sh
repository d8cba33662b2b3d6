#!/bin/sh
# files.protect, hazard 18: a file that the user's policy protects, in a directory that neither is there.
# run: --read "$WORK/later/deep/locked.txt"
act() {
	mkdir -p later/deep
	echo evil >later/deep/locked.txt
	echo mine >later/deep/other.txt
	[ -e later/deep/other.txt ]
}

happened() {
	[ "$(cat "$WORK/later/deep/locked.txt" 2>/dev/null)" = evil ]
}

worked() {
	grep -qs mine "$WORK/later/deep/other.txt"
}

. "$VERIFY/attempt.sh"
