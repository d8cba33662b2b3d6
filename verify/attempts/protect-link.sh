#!/bin/sh
# files.protect, hazard 2: what the policy protects is reached by two links in a folder, and the command puts something else in the
# place of one, or of the folder.
# run: --policy "$OUTSIDE/policy.json"
# plant: mounts.protect
# fallback: files.protect
prepare() {
	mkdir -p tools real && echo theirs >real/set
	ln -s second tools/first && ln -s ../real tools/second
	echo '{ "extends": "workspace", "files": { "'"$WORK"'/tools/first": "read" } }' >"$OUTSIDE/policy.json"
}

act() {
	mkdir -p evil && echo evil >evil/set
	ln -sfn ../evil tools/second
	ln -sfn ../evil tools/first
	rm -f tools/first && mkdir tools/first && echo evil >tools/first/set
	mv tools moved && mkdir tools && ln -s ../evil tools/first
	echo evil >tools/first/set
}

happened() {
	grep -qs evil "$WORK/tools/first/set"
}

. "$VERIFY/attempt.sh"
