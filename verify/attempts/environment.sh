#!/bin/sh
# credentials in the environment, hazard 35: variables that hold secrets or make programs run something.
# plant: environment
launch() {
	FOO_TOKEN=$secret MY_SECRET_KEY=$secret LD_PRELOAD='' BASH_ENV=/$secret NODE_OPTIONS=$secret SSH_AUTH_SOCK=/$secret \
		GIT_SSH_COMMAND=$secret PLAIN=kept "$@"
}

act() {
	env >variables
}

happened() {
	leaked
}

worked() {
	grep -qx PLAIN=kept "$WORK/variables"
}

. "$VERIFY/attempt.sh"
