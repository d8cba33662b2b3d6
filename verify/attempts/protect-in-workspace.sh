#!/bin/sh
# files.protect: what is read-only in the workspace: written, removed, moved away, replaced.
# run: --read "$WORK/locked" --read "$WORK/locked.txt"
# plant: mounts.protect+observer
# fallback: files.protect
prepare() {
	mkdir locked
	echo untouched >locked/inner
	echo untouched >locked.txt
}

act() {
	echo evil >locked/inner
	echo evil >locked/new
	echo evil >locked.txt
	chmod 777 locked.txt
	mv locked elsewhere && mkdir locked && echo evil >locked/inner
	echo evil >new.txt && mv -f new.txt locked.txt
	rm -rf locked locked.txt
}

happened() {
	[ "$(cat "$WORK/locked/inner" "$WORK/locked.txt" 2>&1)" != "$(printf 'untouched\nuntouched')" ] ||
		[ -e "$WORK/locked/new" ] || [ "$(stat -c %a "$WORK/locked.txt")" = 777 ]
}

. "$VERIFY/attempt.sh"
