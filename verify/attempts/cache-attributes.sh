#!/bin/sh
# files.read: a command gives what it keeps in a cache the attributes by which an overlay leads elsewhere, a whiteout and links, for
# the next run to look there.
# run: --hide "$HOME/.cache/tool/token"
# plant: mounts.cover
prepare() {
	need python3
	mkdir -p "$HOME/.cache/tool"
	echo "$secret" >"$HOME/.cache/tool/token"
}

launch() {
	"$@" lay && "$@" read
}

lay() {
	mkdir -p way all && : >key
	python3 - <<-'END'
		import os, stat
		for space in "user.overlay.", "trusted.overlay.", "user.overlay.overlay.":
		    for path, name, value in (
		        ("way", "redirect", b"/tool"), ("way", "origin", b""), ("all", "redirect", b"/"), ("all", "opaque", b"n"),
		        ("key", "metacopy", b""), ("key", "redirect", b"/tool/token"), (".", "opaque", b"x"), ("tool", "opaque", b"n"),
		    ):
		        try:
		            os.setxattr(path, space + name, value)
		        except OSError:
		            pass
		try:
		    os.mknod("tool/token", stat.S_IFCHR, os.makedev(0, 0))
		except OSError:
		    pass
	END
	ln -s tool/token link
	ln tool/token hard
	mv tool renamed
	:
}

act() {
	cd "$HOME/.cache" || return
	case $1 in
	lay) lay ;;
	read) cat key link hard way/token all/tool/token renamed/token tool/token ;;
	esac
	:
}

happened() {
	grep -qF "$secret" "$WORLD/output"
}

worked() {
	[ "$SIDE" = bare ] || [ "$(cat "$HOME/.cache/tool/token")" = "$secret" ]
}

. "$VERIFY/attempt.sh"
