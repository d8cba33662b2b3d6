#!/bin/sh
# terminal: what the user's terminal answers to a question of the command's ends in the shell's input, as if typed.
prepare() {
	need python3
}

launch() {
	at_terminal "$@" <<'END'
person = Person(command)
raw = person.settings()
raw[3] &= ~(termios.ICANON | termios.ECHO)
person.see(r"\x1b\[6n")
person.type("rm -rf evil\n")
person.end()
termios.tcsetattr(person.slave, termios.TCSANOW, raw)
time.sleep(0.1)
ready = select.select([person.slave], [], [], 0.5)[0]
with open(os.environ["WORLD"] + "/typed", "wb") as typed:
	typed.write(os.read(person.slave, 100) if ready else b"")
END
}

act() {
	printf '\033[6n'
	sleep 0.5
}

happened() {
	grep -q evil "$WORLD/typed"
}

. "$VERIFY/attempt.sh"
