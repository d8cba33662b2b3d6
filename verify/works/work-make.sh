#!/bin/sh
# A small C project built in parallel and run.
prepare() {
	command -v make >/dev/null || skip "make is not installed"
	cat >one.c <<-END
		int one(void) { return 1; }
	END
	cat >main.c <<-END
		#include <stdio.h>
		int one(void);
		int main(void) { printf("%d\n", one() + 1); return 0; }
	END
	# shellcheck disable=SC2016  # for make
	printf 'program: one.o main.o\n\t$(CC) -o $@ one.o main.o\n%%.o: %%.c\n\t$(CC) -c -o $@ $<\n' >Makefile
}

act() {
	make -j2 && ./program >result
}

worked() {
	[ "$(cat "$WORK/result")" = 2 ] && [ "$("$WORK/program")" = 2 ]
}

. "$VERIFY/attempt.sh"
