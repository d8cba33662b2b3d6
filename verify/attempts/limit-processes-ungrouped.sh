#!/bin/sh
# limits.processes: the same where root can have no control group.
# run: --processes 60 --accept limits.processes --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: limits+meter
# fallback: half
limit=processes
ungrouped=yes
act() {
	"$VERIFY/hog" forks 250 && echo yes >survived
}

. "$VERIFY/limit.sh"
