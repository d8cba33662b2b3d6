#!/bin/sh
# limits and observation: a command that stops itself stops cordon too, as a shell's job is stopped; what it has left running
# then runs where nobody sees to its limits.
# plant: pause
# ending: killed
prepare() {
	need python3 bash
}

launch() {
	at_terminal "$@" <<'END'
def beats():
	before = os.path.getsize("heartbeat")
	time.sleep(0.6)
	return os.path.getsize("heartbeat") > before

person = Person.shell()
person.type(shlex.join(command) + "\r")
person.see("Stopped")
with open(os.environ["WORLD"] + "/stopped", "w") as stopped:
	stopped.write("%s\n" % ("goes on" if beats() else "stands still"))
person.type("fg\r")
person.wait("going on", beats)
person.type("\x03")
person.see("outer[$] ")
END
}

act() {
	setsid "$VERIFY/heartbeat.sh" &
	while [ ! -s heartbeat ]; do sleep 0.05; done
	kill -STOP $$
	sleep 30
}

happened() {
	grep -qx "goes on" "$WORLD/stopped"
}

worked() {
	all_seen && [ -s "$WORLD/stopped" ]
}

. "$VERIFY/attempt.sh"
