#!/bin/sh
# What a read-only .git/config costs (branch -m, tracking) is said with its remedy, and the remedy works.
launch() {
	"$@" main renamed && return
	remedy=$(sed -n 's/^cordon: refused to .*; to allow: //p' "$WORLD/errors")
	echo "remedy: $remedy"
	case $remedy in "--write "*/.git/config) ;; *) return 1 ;; esac
	# shellcheck disable=SC2086  # as a person types it
	eval "\"\$PROGRAM\" run $remedy -- \"\$VERIFY/work-git-config\" act renamed again"
}

act() {
	git branch -m "$1" "$2" && git config --local branch."$2".description "a name" &&
		git branch --track topic "$2" && echo "$2" >named
}

worked() {
	case $SIDE in
	bare) [ "$(cat "$WORK/named")" = renamed ] ;;
	*) [ "$(cat "$WORK/named")" = again ] && [ "$(git -C "$WORK" config branch.topic.merge)" = refs/heads/again ] ;;
	esac
}

. "$VERIFY/attempt.sh"
