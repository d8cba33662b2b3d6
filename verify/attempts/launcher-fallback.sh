#!/bin/sh
# launcher, hazards 12 and 73: a host whose administrator has switched user namespaces off, and a user who accepts that.
# run: --accept files.write --accept files.read --accept files.protect=absent --accept processes --accept tree
# plant: landlock
# fallback: no the same by another way
prepare() {
	unshare --user --map-root-user true || skip "this host gives no user namespace in which to take them away"
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && "$@"' launch "$@"
}

act() {
	echo evil >"$OUTSIDE/file"
	mv "$OUTSIDE/folder" "$OUTSIDE/moved"
	cat "$HOME/.ssh/id_rsa" >loot
	echo yes >ran
}

happened() {
	file_changed || leaked || [ -e "$OUTSIDE/moved" ]
}

worked() {
	[ -e "$WORK/ran" ]
}

. "$VERIFY/attempt.sh"
