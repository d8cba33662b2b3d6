#!/bin/sh
# What is no terminal passes straight, byte for byte, beside what is one; and in a pipeline the terminal is left to the others
# until the command reads from it.
prepare() {
	need python3 bash less
}

launch() {
	head -c 300000 /dev/urandom >"$WORLD/in"
	at_terminal "$@" <<'END'
def job(what):
	return shlex.join(command + [what])

def run(line, pattern=None):
	person.clear()
	person.type(line + "; echo over $((40+2))\r")
	if pattern:
		person.see(pattern)
	person.see("over 42")
	check("the shell's terminal", person.settings()[3] & termios.ISIG)

person = Person.shell()
run(job("cat") + " <$WORLD/in >$WORLD/file 2>$WORLD/errors-of-cat")
run(job("random") + " >$WORLD/random", "three lines on the terminal")
run(job("random") + " | cat >$WORLD/piped", "three lines on the terminal")
run("cat $WORLD/in | " + job("cat") + " | cat >$WORLD/through")
run("echo from a pipe | " + job("cat"), "from a pipe")
run("x=$(" + job("say") + "); echo \"<$x>\"", "<plain>")

person.type(job("lines") + " | less\r")
person.see(":")
person.type("/^2999\r")
person.see("2999")
person.type("q")
person.see("outer[$] ")

person.type("seq 3000 | " + job("less") + "\r")
person.see(":")
time.sleep(0.3)
person.type("/^2999\r")
person.see("END")
time.sleep(0.3)
person.type("\x1a")
person.see("Stopped")
person.see("outer[$] ")
person.type("fg\r")
person.see("2999")
person.clear()
person.type("q")
person.see("outer[$] ")

person.type(job("ask") + " | cat\r")
person.see("password")
time.sleep(0.3)
person.type("sesame\r")
person.see("<sesame>")
person.see("outer[$] ")
person.type("exit\r")
check("the shell's end", person.end() == 0)
END
}

act() {
	case $1 in
	cat) cat ;;
	random)
		cat "$WORLD/in"
		echo "three lines on the terminal" >&2
		;;
	say) echo plain ;;
	lines)
		seq 3000
		sleep 0.5
		;;
	less) TERM=xterm exec less ;;
	ask)
		printf password >/dev/tty
		read -r word </dev/tty
		echo "<$word>"
		;;
	esac
}

worked() {
	all_seen && cmp "$WORLD/in" "$WORLD/file" && cmp "$WORLD/in" "$WORLD/random" && cmp "$WORLD/in" "$WORLD/piped" &&
		cmp "$WORLD/in" "$WORLD/through"
}

. "$VERIFY/attempt.sh"
