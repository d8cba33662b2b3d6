#!/bin/sh
# limits.memory: pages that processes share.
# run: --memory 64MiB --accept limits.memory --report "$WORLD/report"
# ending: killed
# plant as root: meter+groups
# plant as user: meter
limit=memory
act() {
	"$VERIFY/hog" shared 160 && echo yes >survived
}

. "$VERIFY/limit.sh"
