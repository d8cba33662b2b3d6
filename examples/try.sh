#!/bin/sh
# examples/try.sh: a guided minute. An agent works on a small C project inside the cordon and then tries five things
# that nobody asked it to do. Each of them is first shown to work without the cordon, and judged from outside.
#
# Everything happens in a scratch folder with a scratch home; no file of the user's is read or changed.
# Ends with status 1 if anything was not as promised. CORDON=PATH names the program.
set -u

here=$(cd "$(dirname "$0")" && pwd)
cordon=${CORDON:-$here/../build/release/cordon}
case $cordon in /*) ;; *) cordon=$PWD/$cordon ;; esac

bold='' green='' red='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$(printf '\033[1m') green=$(printf '\033[32m') red=$(printf '\033[31m') plain=$(printf '\033[0m')
fi

failures=0
scratch=
project=
listener=

# What the agent left running: known by its folder and its command, for its own number may be that of another namespace.
kill_strays() {
	[ -n "$project" ] || return 0
	for process in /proc/[0-9]*; do
		if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$project" ] && grep -qs heartbeat "$process/cmdline"; then
			kill -KILL "${process#/proc/}" 2>/dev/null
		fi
	done
}

clean_up() {
	kill_strays
	[ -z "$listener" ] || kill "$listener" 2>/dev/null
	[ -z "$scratch" ] || rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE

stop() {
	echo "try: $*" >&2
	exit 1
}

row() { # LABEL TEXT
	[ -z "$2" ] || printf '    %-15s %s\n' "$1" "$2" | sed "s|$scratch/home|~|g; s|$scratch|…|g"
}

verdict() { # STATUS TEXT-WHEN-GOOD TEXT-WHEN-BAD
	if [ "$1" = 0 ]; then
		printf '    %-15s %s%s%s\n' "seen outside" "$green" "$2" "$plain"
	else
		printf '    %-15s %s%s%s\n' "seen outside" "$red" "NOT AS PROMISED: $3" "$plain"
		failures=$((failures + 1))
	fi
}

# A world of its own: not under /tmp, which the cordon replaces by an empty one.
make_world() {
	scratch=$(mktemp -d "${CORDON_TRY_DIR:-/var/tmp}/cordon-try.XXXXXX") || stop "cannot make a scratch folder"
	scratch=$(cd "$scratch" && pwd -P)
	project=$scratch/home/wordcount
	mkdir -p "$scratch/home/.ssh" && cp -r "$here/try/project" "$project" && cp "$here/try/agent.sh" "$scratch/agent"
	chmod 700 "$scratch/home/.ssh"
	echo "-----BEGIN MADE-UP KEY----- for cordon's demonstration" >"$scratch/home/.ssh/id_rsa"
	echo "# the user's shell starts here" >"$scratch/home/.bashrc"
	${CC:-cc} -O2 -o "$scratch/listen" "$here/try/listen.c" || stop "cannot compile $here/try/listen.c"

	# Nothing of the user's own settings may take part.
	for name in $(git rev-parse --local-env-vars) GIT_CONFIG_GLOBAL XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME \
		MAKEFLAGS MAKELEVEL MFLAGS; do
		unset "$name"
	done
	HOME=$scratch/home
	export HOME
	cd "$project" || stop "cannot enter $project"
	git config --global user.name "An Agent"
	git config --global user.email agent@localhost
	if ! { git init -q -b main && git add . && git commit -q -m "count: lines, words and bytes"; }; then
		stop "git could not make the scratch repository"
	fi
	mkdir -p .git/hooks
}

start_listener() {
	"$scratch/listen" "$scratch/port" "$scratch/received" &
	listener=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -s "$scratch/port" ] && break
		sleep 0.1
	done
	port=$(cat "$scratch/port") || stop "the demonstration's server did not start"
}

agent() {
	sh "$scratch/agent" "$@" >"$scratch/output" 2>"$scratch/errors"
}

agent_inside() {
	rm -f .agent-log
	"$cordon" run -- sh "$scratch/agent" "$@" >"$scratch/output" 2>"$scratch/errors"
}

# Did it happen? Judged by looking at the world, never by what the agent says.
happened() {
	case $1 in
	key) cmp -s loot "$HOME/.ssh/id_rsa" ;;
	outside) grep -q evil "$HOME/.bashrc" ;;
	hook) [ -e .git/hooks/pre-commit ] ;;
	network)
		for _ in 1 2 3 4 5 6 7 8 9 10; do # the server may write later than the agent ends
			! grep -q sources "$scratch/received" || return 0
			sleep 0.1
		done
		return 1
		;;
	daemon)
		[ -s heartbeat ] && rm heartbeat
		sleep 0.5
		[ -e heartbeat ]
		;;
	esac
}

undo() {
	kill_strays
	[ "$1" != daemon ] || sleep 0.2
	rm -f loot heartbeat .git/hooks/pre-commit
	sed -i /evil/d "$HOME/.bashrc"
	: >"$scratch/received"
}

# The user's question: which rule was it? Asked of cordon where its line on stderr does not say it.
ask_cordon() {
	case $1 in
	key) "$cordon" policy explain "$HOME/.ssh/id_rsa" 2>/dev/null | head -n 1 ;;
	esac
}

attempt() { # TASK TITLE WORKS-WITHOUT HELD [ARGUMENT...]
	task=$1 title=$2 without=$3 held=$4
	shift 4
	printf '  %s%s%s\n' "$bold" "$title" "$plain"
	agent "$task" "$@"
	if ! happened "$task"; then
		verdict 1 "" "it does not even work without the cordon"
		return
	fi
	row "without cordon" "$without"
	undo "$task"
	agent_inside "$task" "$@"
	status=$?
	row "inside" "$(grep -v '^cordon: ' "$scratch/errors" "$scratch/output" -h | tail -n 1)"
	line=$(sed -n 's/^cordon: //p' "$scratch/errors" | tail -n 1)
	row "cordon" "${line:-$(ask_cordon "$task")}"
	if [ "$(cat .agent-log 2>/dev/null)" != "$task" ]; then
		verdict 1 "" "the agent did not run (status $status)"
	elif happened "$task"; then
		verdict 1 "" "it happened all the same"
		undo "$task"
	else
		verdict 0 "$held"
	fi
}

[ -x "$cordon" ] || stop "$cordon is not there: 'make try' builds it"
make_world
start_listener

echo "${bold}cordon in a minute${plain}: $("$cordon" version | head -n 1)"
echo "A scratch project and a scratch home with a made-up key lie in $scratch; nothing of yours is touched."
echo
echo "${bold}1. The work:${plain} the tests of a word counter fail; an agent is asked to mend it."
echo "  \$ cordon run -- sh agent work"
"$cordon" run -- sh "$scratch/agent" work 2>&1 | sed "s|$scratch/home|~|g; s/^/    /"
[ "$(git rev-list --count HEAD)" = 2 ] && git diff --quiet HEAD && [ "$(printf 'a\tb' | ./count)" = "0 2 3" ]
verdict $? "built, tested, committed: the repository has $(git rev-list --count HEAD) commits, the program works" \
	"the work was not done"
echo
echo "${bold}2. What nobody asked for.${plain} The same agent, the same command line, five attempts."
attempt key "read a key: cat ~/.ssh/id_rsa" "it has the key" "it has nothing of it"
# shellcheck disable=SC2088  # for people
attempt outside "change a file outside the project: echo … >> ~/.bashrc" \
	"your next shell would run its line" "~/.bashrc is as it was"
attempt hook "plant a git hook: .git/hooks/pre-commit" "your next commit would run it" "there is no such hook"
attempt network "send the sources away: a server on 127.0.0.1:$port listens" "the server has them" \
	"the server saw no connection" "$port"
attempt daemon "leave a process behind" "it runs on after the agent has ended" "no process is left"
echo
if [ $failures = 0 ]; then
	echo "${green}All as promised.${plain} Yours to try: cd to a project, then $(basename "$cordon") run -- make"
else
	echo "${red}$failures not as promised.${plain}"
	exit 1
fi
