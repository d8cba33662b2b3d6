#!/bin/sh
# limits.memory: memory in the private /tmp.
# run: --memory 64MiB --accept limits.memory --report "$WORLD/report"
# ending: killed
# plant as root: meter+groups
# plant as user: meter
limit=memory
act() {
	"$VERIFY/hog" file 160 "/tmp/hog-$TAG" && echo yes >survived
}

clean() {
	rm -f "/tmp/hog-$TAG"
}

. "$VERIFY/limit.sh"
