#!/bin/sh
# files.protect, hazard 6: the same by ways on which cordon might lose sight of them, or not be able to set aside.
# plant: observer.notes
act() {
	payload >run-me && chmod 755 run-me
	# git asks no more of `objects` than that it can be executed
	git init -q by-objects && make_evil by-objects/.git && rm -r by-objects/.git/objects &&
		: >by-objects/.git/objects && chmod 755 by-objects/.git/objects
	# files that could not be moved away, for want of rights
	git init -q by-mode && make_evil by-mode/.git && chmod 555 by-mode/.git/hooks by-mode/.git
	# by a call whose flags no filter can read
	python3 - <<-END
		import ctypes, os
		os.makedirs("by-openat2/.git/objects"), os.makedirs("by-openat2/.git/refs/heads")
		os.makedirs("by-openat2/.git/hooks")
		how = (ctypes.c_uint64 * 3)(os.O_CREAT | os.O_WRONLY, 0o644, 0)
		file = ctypes.CDLL(None).syscall(437, -100, b"by-openat2/.git/HEAD", how, 24)
		os.write(file, b"ref: refs/heads/main\n")
	END
	make_evil by-openat2/.git
	# where no path is short enough to name it, and then moved to where one is
	python3 - <<-END
		import os, subprocess
		top = os.open(".", os.O_RDONLY)
		for i in range(22):
		    os.mkdir("d" * 200), os.chdir("d" * 200)
		for name in ("r/.git/objects", "r/.git/refs/heads", "r/.git/hooks"):
		    os.makedirs(name)
		open("r/.git/HEAD", "w").write("ref: refs/heads/main\n")
		open("r/.git/config", "w").write("[core]\nfsmonitor = $WORK/run-me\n")
		os.rename("r", "by-depth", dst_dir_fd=top)
	END
	:
}

happened() {
	look_into by-objects by-mode by-openat2 by-depth
	[ -e "$WORLD/owned" ]
}

. "$VERIFY/git.sh"
