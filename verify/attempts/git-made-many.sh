#!/bin/sh
# files.protect, hazard 6: a repository made after more others than cordon keeps in mind.
# ending: killed
# plant: observer.notes
# fallback: files.protect
act() {
	payload >run-me && chmod 755 run-me
	python3 - <<-END
		import os
		for i in range(1100):
		    os.makedirs(f"many/{i}")
		    os.symlink("x", f"many/{i}/.git"), os.symlink("x", f"many/{i}/HEAD")
		os.makedirs("made/.git/objects"), os.makedirs("made/.git/refs/heads")
		open("made/.git/HEAD", "w").write("ref: refs/heads/main\n")
		open("made/.git/config", "w").write("[core]\nfsmonitor = $WORK/run-me\n")
	END
	:
}

happened() {
	git -C "$WORK/made" status >/dev/null 2>&1
	[ -e "$WORLD/owned" ]
}

. "$VERIFY/attempt.sh"
