#!/bin/sh
# Programs that take the whole screen: less and vim, resized, suspended and brought back.
prepare() {
	need python3 bash less
}

launch() {
	at_terminal "$@" <<'END'
import shutil

def job(what):
	return shlex.join(command + [what])

def suspend_and_return(draws):
	time.sleep(0.3)
	person.type("\x1a")
	person.see("Stopped")
	person.see("outer[$] ")
	person.clear()
	person.type("fg\r")
	person.see(draws)

person = Person.shell()
person.type(job("less") + "\r")
person.see("text")
time.sleep(0.3)
person.resize(60, 100)
person.see("line 55")
person.type("G")
person.see("line 3000")
suspend_and_return("line 2990")
person.clear()
person.type("q")
person.see("outer[$] ")

if shutil.which("vim"):
	person.type(job("vim") + "\r")
	person.see("line 20")
	time.sleep(0.3)
	person.type("ggOwritten in vim\x1b")
	person.see("written in vim")
	suspend_and_return("written in vim")
	person.clear()
	person.type(":wq\r")
	person.see("outer[$] ")
	with open("text") as text:
		check("what vim wrote", text.readline() == "written in vim\n")

check("the terminal as it was", person.settings()[3] & termios.ISIG)
person.type("exit\r")
person.end()
END
}

act() {
	export TERM=xterm
	seq -f 'line %g' 3000 >text
	case $1 in
	less) exec less text ;;
	vim) exec vim -u NONE -n text ;;
	esac
}

worked() {
	all_seen
}

. "$VERIFY/attempt.sh"
