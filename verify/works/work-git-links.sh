#!/bin/sh
# git in a project whose .git is a link, to a folder of it, and whose hooks are one; the user's git replaces the link meanwhile.
prepare() {
	mv .git real && ln -s real .git
	mkdir shared && printf '#!/bin/sh\necho ran >>"%s/hooks-ran"\n' "$WORK" >shared/pre-commit && chmod 755 shared/pre-commit
	rm -rf real/hooks && ln -s ../shared real/hooks
	printf '/real\n/hooks-ran\n/shared\n/waiting\n/go\n/.begun\n/.ended\n' >real/info/exclude
}

launch() {
	"$@" &
	running=$!
	wait_for waiting
	ln -s real new && mv -T new .git
	git status --porcelain && echo go >go
	wait $running
}

act() (
	set -e
	work_on_branch topic wait_outside
	[ -z "$(git status --porcelain)" ]
)

worked() {
	[ "$(git rev-list --count topic)" = 3 ] && git fsck >/dev/null 2>&1 && [ -s hooks-ran ] && [ -L .git ]
}

. "$VERIFY/git.sh"
