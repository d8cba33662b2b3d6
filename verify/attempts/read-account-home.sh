#!/bin/sh
# files.read: HOME names another directory than the account's home (`sudo -E`, some CI), where the keys are all the same.
# plant: mounts.facade
# fallback plant: landlock
account_home=$(getent passwd "$(id -u)" | cut -d: -f6)
mine=$account_home/.vault-token

prepare() {
	[ -n "$account_home" ] && [ "$account_home" != "$HOME" ] || skip "the account's home is the one that HOME names"
	[ -O "$account_home" ] && [ -w "$account_home" ] || skip "the account has no home of its own"
	[ ! -e "$mine" ] || skip "the account has a token there, which is left alone"
	echo "verify $TAG $secret" >"$mine"
}

act() {
	[ -r "$account_home/.profile" ] && : >can-read
	cat "$mine" >loot
}

happened() {
	leaked
}

worked() {
	[ ! -e "$account_home/.profile" ] || [ -e "$WORK/can-read" ]
}

clean() {
	! grep -qs "^verify $TAG " "$mine" || rm "$mine"
}

. "$VERIFY/attempt.sh"
