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
	git checkout -q -b topic
	echo more >>notes
	echo yes >waiting
	wait_for go
	git stash -q && git stash pop -q
	git add notes && git commit -q -m second
	echo again >>notes
	git commit -q -a -m third
	git rebase -q --force-rebase HEAD~1
	git gc -q
	[ -z "$(git status --porcelain)" ]
)

worked() {
	[ "$(git rev-list --count topic)" = 3 ] && git fsck >/dev/null 2>&1 && [ -s hooks-ran ] && [ -L .git ]
}

. "$VERIFY/attempt.sh"
