#!/bin/sh
# limits.memory: many processes that together take more memory than the policy allows.
# run: --memory 64MiB --accept limits.memory --report "$WORLD/report"
# ending: killed
# plant as root: meter+groups
# plant as user: meter
limit=memory
act() {
	"$VERIFY/hog" memory 160 8 && echo yes >survived
}

. "$VERIFY/limit.sh"
