#!/bin/sh
# terminal, hazard 69: the settings of the user's terminal changed for good: no echo, another interrupt key, its size.
prepare() {
	need python3
}

launch() {
	at_terminal "$@" <<'END'
person = Person(command)
person.see("changed")
person.end()
time.sleep(0.3)
rows = struct.unpack("HHHH", fcntl.ioctl(person.slave, termios.TIOCGWINSZ, bytes(8)))[0]
with open(os.environ["WORLD"] + "/settings", "w") as settings:
	settings.write("as they were\n" if person.settings() == person.given and rows == 30 else "changed\n")
END
}

act() {
	for terminal in /dev/tty /proc/self/fd/0 /proc/self/fd/2 /proc/1/fd/*; do
		# shellcheck disable=SC2094  # stty changes it
		stty -echo -icanon intr x rows 3 <"$terminal" 2>/dev/null
	done
	echo changed
}

happened() {
	grep -qx changed "$WORLD/settings"
}

. "$VERIFY/attempt.sh"
