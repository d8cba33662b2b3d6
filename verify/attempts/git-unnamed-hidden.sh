#!/bin/sh
# files.protect, hazards 6 and 27: a repository of the user's that no record names is written to by paths that only the process
# itself can follow.
# plant: observer.notes
prepare() {
	for way in by-descriptor by-directory by-link by-cwd; do
		git init -q "$WORK/$way"
		rm -rf "$WORK/$way/.git/hooks"
		mkdir "$WORK/$way/.git/hooks"
	done
}

act() {
	payload >run-me && chmod 755 run-me
	python3 - <<-END
		import os
		evil = "[core]\nrepositoryformatversion = 0\nfsmonitor = $WORK/run-me\n"
		file = os.open("by-descriptor/.git/config", os.O_RDONLY)
		open("/proc/self/fd/%d" % file, "w").write(evil)

		def hook(path):
		    os.write(os.open(path, os.O_CREAT | os.O_WRONLY, 0o755), b"#!/bin/sh\nexec '$WORK/run-me'\n")

		folder = os.open("by-directory/.git/hooks", os.O_RDONLY)
		hook("/dev/fd/%d/post-checkout" % folder)
		os.symlink("by-link/.git/hooks/post-checkout", "nowhere-yet")
		hook("nowhere-yet")
		os.symlink("/proc/thread-self/cwd/.git", "here")
		os.chdir("by-cwd")
		hook("../here/hooks/post-checkout")
	END
}

happened() {
	for way in by-descriptor by-directory by-link by-cwd; do
		git -C "$WORK/$way" status >/dev/null 2>&1
		git -C "$WORK/$way" checkout -q -b topic >/dev/null 2>&1
		[ ! -e "$WORLD/owned" ] || echo "$way"
		[ ! -e "$WORLD/owned" ] || return 0
	done
	return 1
}

. "$VERIFY/attempt.sh"
