#!/bin/sh
# The user's terminal goes away, while the command runs in the foreground of it and while it does nothing but print.
prepare() {
	need python3
}

launch() {
	at_terminal "$@" <<'END'
for what in "wait", "print":
	person = Person(command + [what])
	person.see("ready")
	time.sleep(0.2)
	person.hang_up()
	until = time.monotonic() + 10
	while not person.is_over():
		check("the end after the terminal's", time.monotonic() < until)
		time.sleep(0.05)
	with open(what) as heard:
		check("what the command heard", heard.read() == "hung up\n")
END
}

act() {
	trap 'echo "hung up" >>"$1"; exit 1' HUP
	echo ready
	while :; do
		[ "$1" = wait ] || echo on and on
		sleep 0.1
	done
}

worked() {
	all_seen
}

. "$VERIFY/attempt.sh"
