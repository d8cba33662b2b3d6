#!/bin/sh
# files.write: names of repositories that lead to those of the user's outside the workspace, and to a read-only one in it.
# What is taken out of a repository that the command made must not be taken out of these.
# run: --policy "$WORLD/policy.json"
prepare() {
	echo '{ "extends": "workspace", "files": { "'"$WORK"'/vendor": "read" } }' >"$WORLD/policy.json"
	for place in "$OUTSIDE/by-link" "$OUTSIDE/by-file" "$OUTSIDE/by-common" "$WORK/vendor/closed"; do
		git init -q "$place"
		git -C "$place" config alias.kept status
		echo '#!/bin/sh' >"$place/.git/hooks/pre-commit"
	done
}

act() {
	mkdir by-link by-file by-common by-common/.git closed
	ln -s "$OUTSIDE/by-link/.git" by-link/.git
	echo "gitdir: $OUTSIDE/by-file/.git" >by-file/.git
	echo "ref: refs/heads/main" >by-common/.git/HEAD
	echo "$OUTSIDE/by-common/.git" >by-common/.git/commondir
	ln -s ../vendor/closed/.git closed/.git
	# bare, the act has to do itself what cordon would do
	for place in "$OUTSIDE/by-link" "$OUTSIDE/by-file" "$OUTSIDE/by-common" vendor/closed; do
		rm -rf "$place/.git/hooks"
	done
}

happened() {
	for place in "$OUTSIDE/by-link" "$OUTSIDE/by-file" "$OUTSIDE/by-common" "$WORK/vendor/closed"; do
		[ -e "$place/.git/hooks/pre-commit" ] || return 0
		[ "$(git -C "$place" config alias.kept)" = status ] || return 0
	done
	return 1
}

. "$VERIFY/attempt.sh"
