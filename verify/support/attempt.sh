# support/attempt.sh: what every attempt written in sh ends with: . "$VERIFY/attempt.sh"
#
# The verbs of an attempt are functions; the harness calls the program with one verb at a time, each in a process of
# its own, always as the same user:
#	arrange     outside, as root where the harness is root: what only root can prepare
#	prepare     outside, before: what the act needs; `skip REASON` when the host lacks it
#	launch      outside: runs "$@", which is the act, bare or under cordon; may add descriptors, a terminal, a signal
#	act         what the attacker does; starts in the workspace, bare or inside
#	happened    outside, afterwards: did it happen? Looks at the world, never at what the act says
#	worked      outside, afterwards: did what must work work, bare and inside alike?
#	clean       outside, at last: removes what lies outside the world
# Only act, and happened or worked, have to be there.
#
# The world ($WORLD is its root, all of it belongs to the user):
#	$WORK       the workspace, a git repository in the home directory with one commit
#	$HOME       has start-up files, and secrets where tools keep them; each holds $secret
#	$OUTSIDE    a directory beside it: file ("untouched"), folder/inner
#	$WORLD/output, $WORLD/errors    what the launched command printed
#	$VERIFY     these helpers and the attempts, readable inside
#	$TAG        for names outside the world, unique to this run of the harness
#	$SIDE       bare or inside;  $PROGRAM the program under test
# $secret is random and known to every verb but act.

# A secret in the environment would reach the act without any escape.
secret=${VERIFY_SECRET:-}
unset VERIFY_SECRET

skip() {
	echo "$*"
	exit 77
}

# The secret reached the workspace or the command's output.
leaked() {
	[ -n "$secret" ] && grep -rqsF -e "$secret" "$WORK" "$WORLD/output" "$WORLD/errors"
}

# The outside file does not say what it said.
file_changed() {
	[ "$(cat "$OUTSIDE/file" 2>/dev/null)" != untouched ]
}

wait_for() { # FILE: until it exists and is not empty, at most five seconds
	tries=0
	until [ -s "$1" ]; do
		tries=$((tries + 1))
		[ $tries -le 100 ] || return 1
		sleep 0.05
	done
}

# Servers on the host; see serve.c. Their addresses are in $WORLD/served, what they hear in $WORLD/received.
start_servers() {
	"$VERIFY/serve" "$WORLD/served" "$WORLD/received" "$OUTSIDE/socket" "$@" &
	wait_for "$WORLD/served"
}

# For launch: starts the command, and only when it runs the servers, one of them at PATH.
launch_before_servers() { # PATH COMMAND...
	path=$1
	shift
	"$@" &
	running=$!
	wait_for "$WORK/waiting"
	"$VERIFY/serve" "$WORLD/served" "$WORLD/received" "$WORLD/socket" "${late:-stream}=$path" &
	wait_for "$WORLD/served"
	echo "$path" >"$WORK/go"
	wait $running
}

# For the act: until what goes on outside has been done.
wait_outside() {
	echo yes >waiting
	wait_for go
}

# For the act of such an attempt.
send_when_served() {
	wait_outside
	"$VERIFY/send" "${late:-stream}" "$(cat go)" exfiltrated
}

served() { # KIND: the server's address
	sed -n "s/^$1 //p" "$WORLD/served"
}

received() { # TEXT
	grep -qsF -e "$1" "$WORLD/received"
}

# For launch: a person at a terminal of its own, who starts the command and does what the script on standard input says; see
# person.py. `all_seen` is for the judge.
at_terminal() { # COMMAND...
	python3 -B "$VERIFY/person.py" "$@"
}

all_seen() {
	grep -qx "all seen" "$WORLD/output"
}

need() { # PROGRAM...
	for needed in "$@"; do
		command -v "$needed" >/dev/null || skip "$needed is not installed"
	done
}

# A process of the same user that the command is not meant to reach; see victim.c.
start_victim() {
	"$VERIFY/victim" "$WORLD/victim" "$secret" &
	wait_for "$WORLD/victim"
}

victim() { # FIELD: pid, word, secret
	sed -n "s/^$1 //p" "$WORLD/victim"
}

# The heartbeat goes on.
beats() {
	[ -s "$WORK/heartbeat" ] || return
	before=$(wc -c <"$WORK/heartbeat")
	sleep 0.4
	[ "$(wc -c <"$WORK/heartbeat")" -gt "$before" ]
}

# For the act: what a planted hook or setting would run on the host.
payload() {
	printf '#!/bin/sh\necho owned >>"%s/owned"\n' "$WORLD"
}

# For the judge: a person uses git in the workspace, on the host.
host_is_owned_by_git() {
	cd "$WORK" || return
	git status >/dev/null 2>&1
	echo more >>notes
	git commit -q -a -m "the user's own" >/dev/null 2>&1
	[ -e "$WORLD/owned" ]
}

is_defined() {
	command -v "$1" >/dev/null 2>&1
}

verb=$1
shift
case $verb in
beside) beside "$@" ;;
arrange | prepare | clean | worked) ! is_defined "$verb" || "$verb" "$@" ;;
launch)
	if is_defined launch; then
		launch "$@"
	else
		"$@"
	fi
	;;
act)
	# Not by the builtin `:`, with which a refused redirection would end the shell.
	true 2>/dev/null >"$WORK/.begun"
	act "$@"
	status=$?
	true 2>/dev/null >"$WORK/.ended"
	exit $status
	;;
happened) happened ;;
esac
