#!/bin/sh
# files.write, hazard 2: links in the workspace that lead out, one made before and one by the command.
# plant: mounts.readonly+landlock
prepare() {
	ln -s "$OUTSIDE/file" before
	ln -s "$OUTSIDE" folder
}

act() {
	ln -s ../../outside/file during
	for path in before during folder/file; do
		echo evil >"$path"
	done
	echo evil >folder/new
}

happened() {
	file_changed || [ -e "$OUTSIDE/new" ]
}

. "$VERIFY/attempt.sh"
