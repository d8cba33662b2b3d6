#!/bin/sh
# A job of the user's shell: Ctrl-Z and fg, started in the background and brought to the foreground, stopped and continued from
# outside. The shell has its terminal back each time, and the command sees that it has to draw anew.
prepare() {
	need python3 bash
}

launch() {
	at_terminal "$@" <<'END'
def job(what):
	return shlex.join(command + [what])

def prompt(person):
	person.see(r"outer[$] ")
	check("the shell's terminal", person.settings()[3] & termios.ISIG)

def fg(person):
	person.type("fg\r")
	person.see(r"fg\r")

person = Person.shell()

person.type(job("wait") + "\r")
person.see(r"\nwaits\r")
person.type("\x1a")
person.see("Stopped")
prompt(person)
fg(person)
person.see("drawn")
person.type("\x03")
prompt(person)
person.type("echo status $?\r")
person.see("status 3\r")

person.type(job("read") + " &\r")
person.see("asks")
person.see_at_prompt("Stopped")
prompt(person)
fg(person)
time.sleep(0.3)
person.type("in the foreground\r")
person.see("heard in the foreground")
prompt(person)

person.type(job("later") + " &\r")
person.see(r"(?s)runs.*outer[$] |outer[$] .*runs\r+\n")
fg(person)
time.sleep(1)
person.type("all the time\r")
person.see("heard all the time")
prompt(person)

person.type(job("say") + " &\r")
person.see("said and done")
person.see_at_prompt("Done")
prompt(person)

person.type(job("wait") + "\r")
person.see(r"\nwaits\r")
for number in signal.SIGSTOP, signal.SIGTSTP:
	os.kill(child_of(person.pid), number)
	person.see("Stopped")
	prompt(person)
	fg(person)
	person.see("drawn")
person.type("\x03")
prompt(person)

person.type("exit\r")
check("the shell's end", person.end() == 3)
END
}

# No shell, which cannot be stopped while it starts another process. Without cordon nobody tells it to draw anew.
wait_and_draw() {
	exec python3 -c "if True:
		import os, signal, time
		signal.signal(signal.SIGINT, lambda *_: os._exit(3))
		signal.signal(signal.SIGWINCH, lambda *_: os.write(1, b'drawn\\n'))
		if os.environ['SIDE'] == 'bare':
			signal.signal(signal.SIGCONT, lambda *_: os.write(1, b'drawn\\n'))
		os.write(1, b'waits\\n')
		while True:
			time.sleep(0.1) # pause() would sleep on with a signal that came just before it"
}

act() {
	case $1 in
	wait) wait_and_draw ;;
	read | later)
		[ "$1" = read ] && echo asks || echo runs
		[ "$1" = read ] || sleep 1
		read -r line
		echo "heard $line"
		;;
	say)
		sleep 0.2
		echo "said and done"
		;;
	esac
}

worked() {
	all_seen
}

. "$VERIFY/attempt.sh"
