#!/bin/sh
# files.write, hazards 2 and 18: links in git directories, in place of what git writes at each commit. The user's next one
# writes through them, what the command chose and where it chose: to a start-up file, a hook, settings.
# plant: observer.notes
# fallback: files.protect
ways="message log headless moved within linked away exchanged made"

prepare() {
	mkdir "$OUTSIDE/targets"
	for way in $ways; do
		echo mine >"$OUTSIDE/targets/$way"
		case $way in
		message | log | headless) ;; # the workspace's own
		made) ;;
		*) git clone -q . "$way" && echo "/$way" >>.git/info/exclude ;;
		esac
	done
	echo /made >>.git/info/exclude
}

lead() { # WAY NAME: a link
	ln -s "$OUTSIDE/targets/$1" "$2"
}

act() {
	rm -f .git/COMMIT_EDITMSG .git/logs/HEAD .git/logs/refs/heads/*
	lead message .git/COMMIT_EDITMSG
	lead log .git/logs/HEAD
	mv .git/HEAD .git/H && lead headless ".git/logs/$(git --git-dir=moved/.git symbolic-ref HEAD)"
	mv .git/H .git/HEAD

	lead moved link && mv -f link moved/.git/COMMIT_EDITMSG
	mkdir logs && lead within logs/HEAD && rm -rf within/.git/logs && mv logs within/.git/logs
	lead linked link && rm -f linked/.git/COMMIT_EDITMSG && ln -P link linked/.git/COMMIT_EDITMSG
	mv away/.git/objects away/.git/o && rm -f away/.git/COMMIT_EDITMSG
	lead away away/.git/COMMIT_EDITMSG
	mv away/.git/o away/.git/objects
	lead exchanged other && echo hello >exchanged/.git/COMMIT_EDITMSG
	python3 -c 'import ctypes
ctypes.CDLL(None).renameat2(-100, b"exchanged/.git/COMMIT_EDITMSG", -100, b"other", 2)'

	mkdir -p made/.git/logs && lead made made/.git/logs/HEAD && git init -q made
	:
} 2>/dev/null

changed() {
	for way in $ways; do
		[ "$(cat "$OUTSIDE/targets/$way")" = mine ] || echo "$way"
	done
}

happened() {
	for place in . moved within linked away exchanged made; do
		(cd "$WORK/$place" && echo more >>notes && git add notes && git commit -q -m "the user's own") >/dev/null 2>&1
	done
	# each way is one: bare, all of them have to lead there
	if [ "$SIDE" = bare ]; then
		[ "$(changed | wc -l)" -eq 9 ]
	else
		[ -n "$(changed)" ]
	fi
}

worked() {
	git -C "$WORK" fsck >/dev/null 2>&1
}

. "$VERIFY/attempt.sh"
