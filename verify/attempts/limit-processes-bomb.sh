#!/bin/sh
# limits.processes: a command that goes on forking when it may not.
# run: --processes 60 --accept limits.processes --report "$WORLD/report"
# ending: killed
# plant as root: groups+limits+meter
# plant as user: limits+meter
# fallback: half
limit=processes
act() {
	"$VERIFY/hog" forks 250 && echo yes >survived
}

. "$VERIFY/limit.sh"
