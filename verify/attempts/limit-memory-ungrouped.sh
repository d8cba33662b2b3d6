#!/bin/sh
# limits.memory: the same where root can have no control group.
# run: --memory 64MiB --accept limits.memory --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: meter
limit=memory
ungrouped=yes
act() {
	"$VERIFY/hog" memory 160 4 && echo yes >survived
}

. "$VERIFY/limit.sh"
