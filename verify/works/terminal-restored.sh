#!/bin/sh
# The terminal is as it was after every end: the command's own and by a signal, what could not be run, cordon ended, hung up on
# and killed with SIGKILL; and when the shell's job was the foreground one it is so again.
prepare() {
	need python3
}

launch() {
	at_terminal "$@" <<'END'
def started(what):
	person = Person(command + [what])
	person.see("runs")
	time.sleep(0.1)
	if os.environ["SIDE"] == "inside":
		person.wait("the relay", person.is_raw)
	return person

def restored(person, end):
	status = person.end()
	check("end %r, not %r" % (status, end), status in end)
	person.wait("the terminal as it was", lambda: person.settings() == person.given, 3)

restored(started("end"), [3])
restored(started("die"), [128 + 9, -9])
restored(started("mess"), [0])
for number in signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP:
	person = started("wait")
	person.signal(number)
	restored(person, [128 + number, -number])
for _ in range(5):
	person = started("wait")
	person.signal(signal.SIGKILL)
	restored(person, [-9])
person = started("wait")
os.killpg(person.pid, signal.SIGKILL)
restored(person, [-9])
if os.environ["SIDE"] == "inside":
	cordon = command[:command.index("--")]
	counted = 125 if "--accept" in cordon else 0 # without namespaces there is no such limit, and it is refused
	for words, status in ((["--", "/bin/no/such"], 127), (["--", "/etc/passwd"], 126), (["--bogus"], 125),
			(["--preset", "bogus", "--", "true"], 125), (["--output", "1MiB", "--", "true"], counted), (["--time", "1s", "--", "sleep", "60"], 124)):
		restored(Person(cordon + words), [status])
	# Put out of the foreground while it has the terminal, and killed there: whoever has it now has set it up himself.
	person = started("wait")
	person.signal(signal.SIGSTOP)
	own = termios.tcgetattr(person.slave)
	own[3] |= termios.ECHO
	termios.tcsetattr(person.slave, termios.TCSANOW, own)
	person.signal(signal.SIGKILL)
	person.end()
	time.sleep(0.3)
	check("another's settings", person.settings() == own)
END
}

act() {
	echo runs
	case $1 in
	end) sleep 0.2 && exit 3 ;;
	die) sleep 0.2 && kill -9 $$ ;;
	mess)
		sleep 0.3
		[ "$SIDE" = bare ] || stty raw -echo </dev/tty
		;;
	wait) exec sleep 60 ;;
	esac
}

worked() {
	all_seen
}

. "$VERIFY/attempt.sh"
