#!/bin/sh
# policy, hazards 7 and 20: a policy file that cannot be understood is no policy at all.
# run: --policy "$OUTSIDE/policy.json"
# refusal: demanded
prepare() {
	echo '{ "files": { "~/.ssh": "none", } "network": }' >"$OUTSIDE/policy.json"
}

act() {
	echo evil >"$OUTSIDE/file"
	: >ran
}

happened() {
	file_changed || [ -e "$WORK/ran" ]
}

. "$VERIFY/attempt.sh"
