#!/bin/sh
# limits.disk: many small files.
# run: --disk 32MiB --accept limits.disk --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: meter
limit=disk
act() {
	"$VERIFY/hog" files 96 hogged && echo yes >survived
}

. "$VERIFY/limit.sh"
