#!/bin/sh
# limits.cpu_time: many processes that together take more processor time.
# run: --cpu-time 500ms --accept limits.cpu_time --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: meter
limit=cpu_time
act() {
	"$VERIFY/hog" cpu 2500 8 && echo yes >survived
}

. "$VERIFY/limit.sh"
