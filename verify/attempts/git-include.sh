#!/bin/sh
# files.protect, hazard 6: the repository's configuration includes files of the checkout, one not there yet.
# plant: mounts.protect+observer+observer.notes
# fallback: files.protect
prepare() {
	printf '[alias]\n\tst = status\n' >shared.gitconfig
	git config include.path ../shared.gitconfig
	git config 'includeIf.gitdir:**.path' ../local.gitconfig
}

act() {
	payload >run-me && chmod 755 run-me
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >>shared.gitconfig
	printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >local.gitconfig
	cp run-me x && printf '[core]\n\tfsmonitor = %s\n' "$WORK/run-me" >x && mv -f x shared.gitconfig
}

happened() {
	host_is_owned_by_git
}

. "$VERIFY/attempt.sh"
