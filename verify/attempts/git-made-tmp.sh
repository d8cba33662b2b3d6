#!/bin/sh
# files.protect, hazard 6: a repository that the command makes in a workspace below what is its own elsewhere: /tmp.
# run: --workspace "/tmp/$TAG" --write "$WORK"
# plant: observer.notes
prepare() {
	mkdir "/tmp/$TAG"
}

act() {
	cd "/tmp/$TAG" || exit
	git init -q made
	printf '#!/bin/sh\nexec touch "%s/owned"\n' "$WORLD" >made/.git/hooks/post-checkout
	chmod 755 made/.git/hooks/post-checkout
}

happened() {
	git -C "/tmp/$TAG/made" checkout -q -b topic >/dev/null 2>&1
	git -C "/tmp/$TAG/made" -c user.name=n -c user.email=e commit -q --allow-empty -m one >/dev/null 2>&1
	git -C "/tmp/$TAG/made" checkout -q -b other >/dev/null 2>&1
	[ -e "$WORLD/owned" ]
}

worked() {
	[ -d "/tmp/$TAG/made/.git/objects" ]
}

clean() {
	rm -rf "/tmp/$TAG"
}

. "$VERIFY/attempt.sh"
