#!/bin/sh
# git in a workspace that is a git directory without a checkout: branches, fetch, push into it, gc, another HEAD.
prepare() {
	git clone -q --bare . store && mv .git was && mv store/* . && rmdir store
}

act() {
	set -e
	git branch topic
	git symbolic-ref HEAD refs/heads/topic
	git clone -q . copy
	(cd copy && echo more >>notes && git commit -q -a -m more && git push -q origin HEAD:refs/heads/pushed)
	git gc -q
	git rev-list --count pushed >result
}

worked() {
	[ "$(cat result)" = 2 ] && [ "$(git symbolic-ref HEAD)" = refs/heads/topic ] && git fsck >/dev/null 2>&1
}

. "$VERIFY/attempt.sh"
