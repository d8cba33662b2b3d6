#!/bin/sh
# files.protect, hazards 3 and 6: a first command gives another name to what git executes of a repository within the
# project that no record names, a second one writes by that name.
# plant: observer.notes
# fallback: files.protect
prepare() {
	git clone -q . one
	echo /one >>.git/info/exclude
	printf '#!/bin/sh\nexit 0\n' >one/.git/hooks/post-commit && chmod 755 one/.git/hooks/post-commit
}

launch() {
	"$@" && "$@"
}

act() {
	if [ -e second ]; then
		for name in settings opened; do
			cat changed >$name
		done
		payload >hook
	else
		payload >run-me && chmod 755 run-me
		cp one/.git/config changed && git config --file changed core.fsmonitor "$WORK/run-me"
		ln one/.git/config settings
		exec 7<one/.git/config
		ln -L /proc/self/fd/7 opened
		ln one/.git/hooks/post-commit hook
		echo yes >second
	fi
	:
}

happened() (
	WORK=$WORK/one
	host_is_owned_by_git
)

worked() {
	[ -x one/.git/hooks/post-commit ] && git -C one config remote.origin.url >/dev/null
}

. "$VERIFY/attempt.sh"
