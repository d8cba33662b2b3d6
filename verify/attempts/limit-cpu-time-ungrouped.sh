#!/bin/sh
# limits.cpu_time: the same where root can have no control group.
# run: --cpu-time 500ms --accept limits.cpu_time --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: meter
limit=cpu_time
ungrouped=yes
act() {
	"$VERIFY/hog" cpu 2500 8 && echo yes >survived
}

. "$VERIFY/limit.sh"
