# support/git.sh: for attempts on git, in place of attempt.sh.

# For the act: gives a repository a hook and a setting by which git would run the workspace's run-me.
make_evil() { # DIRECTORY: the repository's own
	mkdir -p "$1/hooks"
	printf '#!/bin/sh\nexec "%s/run-me"\n' "$WORK" >"$1/hooks/post-checkout"
	chmod 755 "$1/hooks/post-checkout"
	git --git-dir="$1" config core.fsmonitor "$WORK/run-me"
}

# For the judge: the user looks into repositories in the workspace.
look_into() { # DIRECTORY...
	for place in "$@"; do
		git -C "$WORK/$place" status >/dev/null 2>&1
		git -C "$WORK/$place" checkout -q -b topic >/dev/null 2>&1
	done
}

# For launch: the act once more, in a folder of $HOME/project, which is the workspace then.
in_place() { # DIRECTORY
	cd "$HOME/project/$1" || return
	case $SIDE in
	bare) "$0" act ;;
	inside) "$PROGRAM" run -- "$0" act ;;
	esac
}

# For the act, which ends with the first command that fails: a day's work on a branch of its own, two commits.
work_on_branch() { # NAME, [COMMAND...: what goes on before the first commit]
	git checkout -q -b "$1"
	echo more >>notes
	shift
	"$@"
	git stash -q && git stash pop -q
	git add notes && git commit -q -m second
	echo again >>notes
	git commit -q -a -m third
	git rebase -q --force-rebase HEAD~1
	git gc -q
}

. "$VERIFY/attempt.sh"
