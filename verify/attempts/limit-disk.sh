#!/bin/sh
# limits.disk: one file that is larger than what the policy allows to keep.
# run: --disk 32MiB --accept limits.disk --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: meter
limit=disk
act() {
	"$VERIFY/hog" file 160 hogged && echo yes >survived
}

. "$VERIFY/limit.sh"
