#!/bin/sh
# limits.cpu_time: one process that takes more processor time than the policy allows.
# run: --cpu-time 500ms --accept limits.cpu_time --report "$WORLD/report"
# ending: killed
# plant as root: meter+limits
# plant as user: meter+limits
limit=cpu_time
act() {
	"$VERIFY/hog" cpu 2500 && echo yes >survived
}

. "$VERIFY/limit.sh"
