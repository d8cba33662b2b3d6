#!/bin/sh
# files.write: a lease on a file outside, which needs no right to write, lets nobody on the host open it until it is given back.
# plant: seccomp
act() {
	python3 - "$OUTSIDE/file" <<-'END'
		import fcntl, os, sys, time
		file = os.open(sys.argv[1], os.O_RDONLY)
		try:
		    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
		except OSError as error:
		    print(error)
		open("waiting", "w").write("yes\n")
		for _ in range(100):
		    if os.path.exists("go"):
		        break
		    time.sleep(0.05)
	END
}

launch() {
	"$@" &
	running=$!
	wait_for "$WORK/waiting"
	python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)' "$OUTSIDE/file" 2>"$WORLD/opened"
	echo yes >"$WORK/go"
	wait $running
}

happened() {
	grep -q BlockingIOError "$WORLD/opened"
}

. "$VERIFY/attempt.sh"
