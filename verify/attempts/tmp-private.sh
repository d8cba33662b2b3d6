#!/bin/sh
# files: the host's /tmp, where other programs meet, is neither read nor written.
# plant: tmp+landlock
# fallback plant: landlock
prepare() {
	mkdir "/tmp/$TAG" && echo "$secret" >"/tmp/$TAG/file"
}

act() {
	cat "/tmp/$TAG/file" >loot
	echo evil >>"/tmp/$TAG/file"
	file=$(mktemp) && echo mine >"$file" && cp "$file" can-use
	rm -f "$file"
}

happened() {
	leaked || grep -q evil "/tmp/$TAG/file"
}

worked() {
	[ -s "$WORK/can-use" ]
}

clean() {
	rm -rf "/tmp/$TAG"
}

. "$VERIFY/attempt.sh"
