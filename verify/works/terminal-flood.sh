#!/bin/sh
# Much of it: 20 MB printed and nothing lost, also by what a command prints last; a large paste; a command that is not reading
# and one that prints nothing; a user who does not look at the screen for a while.
prepare() {
	need python3
}

launch() {
	at_terminal "$@" <<'END'
import hashlib

person = Person(command + ["print"])
until = time.monotonic() + 15
while not person.is_over() and time.monotonic() < until:
	person.listen(0.1)
check("its exit status", person.end() == 0)
printed = bytes(person.screen).replace(b"\r\n", b"\n")
check("20 MB of %d" % len(printed), len(printed) == 20000000)
check("the same 20 MB", printed == (b"%099d\n" % 7) * 200000)

for _ in range(20):
	person = Person(command + ["last"])
	check("its exit status", person.end() == 5)
	check("the last words, not %r" % bytes(person.screen[-20:]), bytes(person.screen) == b"first and last words\r\n")

# Lines, as a terminal takes at most 4096 bytes of one.
paste = b"".join(b"%063d\n" % i for i in range(8000))
person = Person(command + ["count"])
person.see("ready")
person.type(paste + b"\x04")
person.see(hashlib.md5(paste).hexdigest(), 15)
person.end()

person = Person(command + ["deaf"])
person.see("ready")
blocked = 0
while blocked < 10 and len(person.screen) < 3000000:
	if select.select([], [person.master], [], 0.02)[1]:
		blocked = 0
		try:
			os.set_blocking(person.master, False)
			os.write(person.master, b"nobody reads this\n")
		except BlockingIOError:
			blocked += 1
		os.set_blocking(person.master, True)
	else:
		blocked += 1
	person.listen(0)
person.see("still printing 20", 10)
person.signal(signal.SIGKILL)
person.end()

person = Person(command + ["print"])
person.see("7")
time.sleep(1)
person.signal(signal.SIGTERM)
check("the end while nobody looks", person.end() in (128 + 15, -15))

# What stays in the background does not keep the terminal busy.
person = Person(command + ["behind"])
check("the end before the background's", person.end() == 0)
END
}

act() {
	case $1 in
	print) python3 -c "import sys; sys.stdout.write('%099d\\n' % 7 * 200000)" ;;
	last)
		printf 'first and '
		printf 'last words\n'
		exit 5
		;;
	count)
		stty -echo
		echo ready
		md5sum
		;;
	deaf)
		stty -echo
		echo ready
		exec python3 -c "if True:
			import time
			for i in range(200):
				print('still printing', i, flush=True)
				time.sleep(0.1)"
		;;
	behind)
		(while :; do echo flood; done) &
		sleep 0.3
		kill -9 $! # without cordon nobody else does
		;;
	esac
}

worked() {
	all_seen
}

. "$VERIFY/attempt.sh"
