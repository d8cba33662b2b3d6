#!/bin/sh
# files.protect, hazard 74: the host's own programs replace protected names while the command waits for it.
# run: --read "$WORK/locked.txt"
# plant: mender+observer
# fallback: files.protect
prepare() {
	echo untouched >locked.txt
}

launch() {
	"$@" &
	running=$!
	wait_for "$WORK/waiting"
	cd "$WORK" || return
	for i in 1 2 3 4 5; do
		git config cordon.test "$i"
		echo untouched >saved && mv saved locked.txt
		rm -r .git/hooks && mkdir .git/hooks
		sleep 0.1
	done
	mv .git .git-old && cp -a .git-old .git
	sleep 0.1
	echo yes >over
	wait $running
}

act() {
	echo yes >waiting
	until [ -e over ]; do
		payload >.git/hooks/pre-commit
		mkdir .git/hooks 2>/dev/null
		echo '[core] fsmonitor = "sh -c evil"' >>.git/config
		echo evil >>locked.txt
		echo evil >new.txt && mv -f new.txt locked.txt
		sleep 0.02
	done
}

happened() {
	[ -e "$WORK/.git/hooks/pre-commit" ] || grep -q evil "$WORK/.git/config" || grep -q evil "$WORK/locked.txt"
}

. "$VERIFY/attempt.sh"
