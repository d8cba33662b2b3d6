#!/bin/sh
# files.protect: a hidden file and a hidden directory in the workspace: read, moved away, copied, linked.
# run: --hide "$WORK/private.txt" --hide "$WORK/vault"
# plant: mounts
# fallback: files.protect
prepare() {
	mkdir vault
	echo "$secret" >vault/inner
	echo "$secret" >private.txt
}

act() {
	cat private.txt vault/inner
	ln private.txt alias1
	mv private.txt alias2
	cp -R vault vault2
	mv vault vault3
	cat alias1 alias2 vault2/inner vault3/inner
}

happened() {
	cat "$WORLD/output" "$WORK/alias1" "$WORK/alias2" "$WORK/vault2/inner" "$WORK/vault3/inner" 2>/dev/null |
		grep -qF "$secret"
}

. "$VERIFY/attempt.sh"
