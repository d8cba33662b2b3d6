#!/bin/sh
# limits: a file larger than the policy allows.
# run: --file-size 1MiB
# refusal: allowed
# plant: limits
act() {
	head -c 3145728 /dev/zero >large
	head -c 1000 /dev/zero >small
}

happened() {
	[ "$(stat -c %s "$WORK/large")" -gt 1048576 ]
}

worked() {
	[ "$SIDE" = bare ] || [ ! -e "$WORK/.begun" ] || [ "$(stat -c %s "$WORK/small")" = 1000 ]
}

. "$VERIFY/attempt.sh"
