#!/bin/sh
# limits.memory: memory in a file that no process maps.
# run: --memory 64MiB --accept limits.memory --report "$WORLD/report"
# ending: killed
# plant as root: meter+groups
# plant as user: meter
limit=memory
act() {
	"$VERIFY/hog" memfd 160 && echo yes >survived
}

. "$VERIFY/limit.sh"
