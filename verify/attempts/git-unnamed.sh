#!/bin/sh
# files.protect, hazard 6: a repository within the project that none of git's records names, as people clone them there.
# plant: observer.notes
# fallback: files.protect
prepare() {
	for name in one two three four; do
		git clone -q . $name
		echo "/$name" >>.git/info/exclude
	done
	printf '#!/bin/sh\nexit 0\n' >one/.git/hooks/post-commit && chmod 755 one/.git/hooks/post-commit
}

act() {
	payload >one/.git/hooks/pre-commit && chmod 755 one/.git/hooks/pre-commit
	payload >run-me && chmod 755 run-me
	git -C two config core.fsmonitor "$WORK/run-me"
	mkdir hooks && payload >hooks/pre-commit && chmod 755 hooks/pre-commit
	rm -rf three/.git/hooks && mv hooks three/.git
	mv four/.git git && payload >git/hooks/pre-commit && chmod 755 git/hooks/pre-commit && mv git four/.git
}

happened() (
	top=$WORK
	for name in one two three four; do
		WORK=$top/$name
		! host_is_owned_by_git || return 0
	done
	return 1
)

worked() {
	[ -x one/.git/hooks/post-commit ] && git -C two config remote.origin.url >/dev/null
}

. "$VERIFY/attempt.sh"
