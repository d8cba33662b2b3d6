#!/bin/sh
# files.protect, hazard 6: repositories that the command makes, each by another way; the user looks into them afterwards.
# plant: observer.notes
evil() { # DIRECTORY: of a repository
	mkdir -p "$1/hooks"
	printf '#!/bin/sh\nexec "%s/run-me"\n' "$WORK" >"$1/hooks/post-checkout"
	chmod 755 "$1/hooks/post-checkout"
	git --git-dir="$1" config core.fsmonitor "$WORK/run-me"
}

act() {
	payload >run-me && chmod 755 run-me
	git init -q by-init && evil by-init/.git
	git clone -q . by-clone && evil by-clone/.git
	git init -q --separate-git-dir="$WORK/kept" by-file && evil kept
	git init -q --bare bare && evil bare
	git init -q first && evil first/.git && mv first/.git moved && mkdir by-move && mv moved by-move/.git
	git init -q second && evil second/.git && mv second/.git target && mkdir by-link && ln -s ../target by-link/.git
	git init -q third && evil third/.git && mkdir deep && mv third deep/by-folder && mv deep by-folders
	mkdir -p by-common/.git common/refs common/objects && cp by-init/.git/HEAD by-common/.git/HEAD &&
		cp by-init/.git/config common/config && echo "$WORK/common" >by-common/.git/commondir
	:
}

happened() {
	for place in by-init by-clone by-file bare by-move by-link by-common by-folders/by-folder; do
		git -C "$WORK/$place" status >/dev/null 2>&1
		git -C "$WORK/$place" checkout -q -b topic >/dev/null 2>&1
	done
	[ -e "$WORLD/owned" ]
}

worked() {
	[ "$(git -C "$WORK/by-clone" config remote.origin.url)" = "$WORK/." ] ||
		[ "$(git -C "$WORK/by-clone" config remote.origin.url)" = "$WORK" ]
}

. "$VERIFY/attempt.sh"
