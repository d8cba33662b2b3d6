#!/bin/sh
# limits.disk: a file without a name.
# run: --disk 32MiB --accept limits.disk --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: meter
limit=disk
act() {
	"$VERIFY/hog" deleted 160 hogged && echo yes >survived
}

. "$VERIFY/limit.sh"
