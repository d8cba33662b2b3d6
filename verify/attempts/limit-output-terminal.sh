#!/bin/sh
# limits.output: more output than the policy allows, on a terminal of the command's own.
# run: --tty --output 1MiB --report "$WORLD/report"
# ending: killed
# plant as root: meter
# plant as user: meter
limit=output
act() {
	"$VERIFY/hog" output 16 && echo yes >survived
}

. "$VERIFY/limit.sh"
