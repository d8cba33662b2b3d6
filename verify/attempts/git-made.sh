#!/bin/sh
# files.protect, hazard 6: repositories that the command makes, each by another way; the user looks into them afterwards.
# plant: observer.notes
act() {
	payload >run-me && chmod 755 run-me
	git init -q by-init && make_evil by-init/.git
	git clone -q . by-clone && make_evil by-clone/.git
	git init -q --separate-git-dir="$WORK/kept" by-file && make_evil kept
	git init -q --bare bare && make_evil bare
	git init -q first && make_evil first/.git && mv first/.git moved && mkdir by-move && mv moved by-move/.git
	git init -q second && make_evil second/.git && mv second/.git target && mkdir by-link && ln -s ../target by-link/.git
	git init -q third && make_evil third/.git && mkdir deep && mv third deep/by-folder && mv deep by-folders
	mkdir -p by-common/.git common/refs common/objects && cp by-init/.git/HEAD by-common/.git/HEAD &&
		cp by-init/.git/config common/config && echo "$WORK/common" >by-common/.git/commondir
	:
}

happened() {
	look_into by-init by-clone by-file bare by-move by-link by-common by-folders/by-folder
	[ -e "$WORLD/owned" ]
}

worked() {
	[ "$(git -C "$WORK/by-clone" config remote.origin.url)" = "$WORK/." ] ||
		[ "$(git -C "$WORK/by-clone" config remote.origin.url)" = "$WORK" ]
}

. "$VERIFY/git.sh"
