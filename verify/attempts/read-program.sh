#!/bin/sh
# files.read, hazard 28: a program that is hidden, started by its name, by the loader, by an interpreter and as a copy.
# run: --hide "$HOME/tools"
# plant: mounts.facade+mounts.cover+landlock
prepare() {
	mkdir "$HOME/tools"
	cp "$(command -v touch)" "$HOME/tools/program"
	# shellcheck disable=SC2016  # for the inner shell
	printf '#!/bin/sh\n: >"$1"\n' >"$HOME/tools/script"
	chmod 755 "$HOME/tools/script"
}

act() {
	"$HOME/tools/program" by-name
	"$HOME/tools/script" by-script
	sh "$HOME/tools/script" by-interpreter
	for loader in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.* /lib/ld-musl-*.so.*; do
		[ ! -e "$loader" ] || "$loader" "$HOME/tools/program" by-loader
	done
	cp "$HOME/tools/program" copy && ./copy by-copy
	ln "$HOME/tools/program" linked && ./linked by-link
	ln -s "$HOME/tools/program" led && ./led by-symlink
	(cd "$HOME/tools" && ./program "$WORK/by-directory")
	:
}

happened() {
	set -- "$WORK"/by-*
	[ -e "$1" ]
}

. "$VERIFY/attempt.sh"
