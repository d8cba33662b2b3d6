#!/bin/sh
# An interactive bash has the terminal for its own: a name, /dev/tty, the window's size, job control, Ctrl-C, Ctrl-Z, ps.
prepare() {
	need python3 bash
}

launch() {
	at_terminal "$@" <<'END'
person = Person(command)
person.see("inner[$] ")
person.type("tty\r")
person.see(r"\n/dev/pts/\d+\r")
person.type("test -t 0 -a -t 1 -a -t 2 && echo three$((1+1))\r")
person.see("three2")
person.type("echo by its name >/dev/tty\r")
person.see(r"\nby its name\r")
person.type("stty size\r")
person.see(r"\n30 100\r")
person.type("trap 'echo resized' WINCH\r")
person.resize(41, 132)
person.see("resized")
person.type("stty size\r")
person.see(r"\n41 132\r")

person.type("sleep 100\r")
person.see("sleep 100\r")
time.sleep(0.3)
person.type("\x1a")
person.see("Stopped *sleep 100")
person.type("bg; jobs\r")
person.see("Running *sleep 100")
person.type("fg\r")
person.see(r"\nsleep 100\r")
time.sleep(0.3)
person.type("\x03")
person.see("inner[$] ")
person.type("echo status $?\r")
person.see("status 130")

person.type("cat\r")
time.sleep(0.2)
person.type("one line\r\x04")
person.see(r"one line\r\none line\r")
person.type("ps -o comm= | grep -c bash\r")
person.see(r"\n1\r")
person.type("exit 7\r")
check("its exit status", person.end() == 7)
check("the terminal as it was", person.settings() == person.given)
END
}

act() {
	PS1='inner$ ' HISTFILE='' exec bash --norc --noprofile -i
}

worked() {
	all_seen
}

. "$VERIFY/attempt.sh"
