#!/bin/sh
# Tools' caches: what the user has is found; what a run writes, the next run in the same workspace finds, another does not;
# two runs at once do not disturb each other; a missing cache begins empty.
# fallback: no the layers of caches are mounts
prepare() {
	mkdir -p "$HOME/.npm" "$HOME/.cache/pip" "$HOME/other" # the harness makes .cache
	chmod 700 "$HOME/.npm"
	echo users >"$HOME/.npm/entry"
	echo users >"$HOME/.cache/pip/gone"
}

launch() {
	"$@" first && "$@" second || return
	"$@" long &
	running=$!
	"$@" short
	status=$?
	wait "$running" || status=1
	cd "$HOME/other" && "$@" other || status=1
	return $status
}

act() {
	case $1 in
	first)
		[ "$(cat "$HOME/.npm/entry")" = users ] && [ "$(stat -c %a "$HOME/.npm")" = 700 ] || return
		echo written >"$HOME/.npm/new" && echo more >>"$HOME/.npm/entry" && rm "$HOME/.cache/pip/gone" || return
		mkdir -p "$HOME/.cache/tool/deep" && echo written >"$HOME/.cache/tool/deep/file"
		ln -s entry "$HOME/.npm/link" && mkfifo "$HOME/.npm/fifo" && mv "$HOME/.npm/new" "$HOME/.npm/renamed"
		;;
	second)
		[ "$(cat "$HOME/.npm/renamed" "$HOME/.cache/tool/deep/file")" = "written
written" ] && [ "$(wc -l <"$HOME/.npm/link")" = 2 ] && [ ! -e "$HOME/.cache/pip/gone" ]
		;;
	long)
		echo long >"$HOME/.npm/shared" && sleep 0.5 || return
		[ "$SIDE" = bare ] || [ "$(cat "$HOME/.npm/shared")" = long ]
		;;
	short) sleep 0.2 && echo short >"$HOME/.npm/shared" ;;
	other) [ "$SIDE" = bare ] || { [ "$(cat "$HOME/.npm/entry")" = users ] && [ ! -e "$HOME/.npm/renamed" ]; } ;;
	esac
}

worked() {
	grep -q '^status=0' "$WORLD/seen" || return
	[ "$SIDE" = bare ] || { [ "$(cat "$HOME/.npm/entry")" = users ] && [ ! -e "$HOME/.npm/renamed" ]; } || return
	rm -rf "$HOME/.local/state/cordon" # what is left there needs no rights that the user lacks
}

. "$VERIFY/attempt.sh"
