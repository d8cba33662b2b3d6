#!/bin/sh
# launcher, hazards 10, 12 and 73: a host that gives no user namespaces: refused, or as tight as ever; never bare.
# refusal: allowed
# fallback: files.write
prepare() {
	unshare --user --map-root-user true || skip "this host gives no user namespace in which to take them away"
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	unshare --user --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && "$@"' launch "$@"
}

act() {
	echo evil >"$OUTSIDE/file"
	chmod 777 "$OUTSIDE/folder"
	cat "$HOME/.ssh/id_rsa" >loot
}

happened() {
	file_changed || leaked || [ "$(stat -c %a "$OUTSIDE/folder")" = 777 ]
}

. "$VERIFY/attempt.sh"
