#!/bin/sh
# files.protect, hazard 6: a folder of the command's becomes a checkout of a repository of the user's that says of its hooks how
# they lie in the checkout, as husky does: the project's own, and another.
# plant: observer.notes
# fallback: files.protect
prepare() {
	git config core.hooksPath .husky
	git clone -q . "$OUTSIDE/other"
	git -C "$OUTSIDE/other" config core.hooksPath .husky
}

act() {
	for name in own other; do
		mkdir -p $name/.husky && payload >$name/.husky/pre-commit && chmod 755 $name/.husky/pre-commit
	done
	echo "gitdir: $WORK/.git" >own/.git
	echo "gitdir: $OUTSIDE/other/.git" >other/.git
}

happened() {
	for name in own other; do
		git -C "$WORK/$name" commit -q --allow-empty -m more >/dev/null 2>&1
	done
	[ -e "$WORLD/owned" ]
}

worked() {
	[ -x "$WORK/own/.husky/pre-commit" ]
}

. "$VERIFY/attempt.sh"
