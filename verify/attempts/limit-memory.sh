#!/bin/sh
# limits.memory: one process that takes more memory than the policy allows.
# run: --memory 64MiB --accept limits.memory --report "$WORLD/report"
# ending: killed
# plant as root: meter+groups
# plant as user: meter
limit=memory
act() {
	"$VERIFY/hog" memory 160 && echo yes >survived
}

. "$VERIFY/limit.sh"
