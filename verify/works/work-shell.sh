#!/bin/sh
# A shell with pipes, files, here-documents, background jobs and a temporary file.
act() {
	set -e
	printf 'b\na\nc\n' | sort >sorted
	mkdir -p deep/er && mv sorted deep/er && ln -s er/sorted deep/link && ln deep/er/sorted deep/hard
	cat >script <<-END
		echo "script \$1"
	END
	sleep 0.1 &
	wait $!
	file=$(mktemp)
	sh script one >"$file"
	cat "$file" deep/link deep/hard >result
	rm "$file" script
	chmod 700 deep && touch -d 2001-01-01 result
}

worked() {
	[ "$(tr '\n' ' ' <"$WORK/result")" = "script one a b c a b c " ] && [ ! -e "$WORK/script" ] &&
		[ "$(stat -c %Y "$WORK/result")" -lt 1000000000 ]
}

. "$VERIFY/attempt.sh"
