#!/bin/sh
# Looking into one's own children: gdb, strace, the address and the leak sanitizer.
# same: output
# shellcheck disable=SC2016  # for gdb and sed
prepare() {
	printf 'int add(int a, int b) { return a + b; }\nint main(void) { return add(40, 2); }\n' >plain.c
	printf '#include <stdlib.h>\nint main(int n, char **v) { char *p = malloc(8); free(p); return n > 1 ? p[0] : 0; }\n' >bad.c
	printf '#include <stdlib.h>\nvoid *volatile p;\nint main(void) { p = malloc(8); p = 0; return 0; }\n' >leak.c
	cc -g -o plain plain.c || skip "there is no C compiler"
	! cc -g -fsanitize=address -o bad bad.c 2>/dev/null || cc -g -fsanitize=address -o leak leak.c
}

act() {
	if [ -x bad ]; then
		./bad && echo "sanitized"
		./bad x 2>&1 | grep -o 'heap-use-after-free' | head -n 1
		./leak >leaked 2>&1 || grep -o 'detected memory leaks' leaked
	fi
	if command -v gdb >/dev/null; then
		gdb -q -batch -nx -ex 'break add' -ex run -ex 'print a + b' -ex bt -ex continue ./plain 2>/dev/null |
			sed -n 's|process [0-9]*|process|; /^\$1\|^#\|exited/p'
		./plain &
		sleep 30 &
		gdb -q -batch -nx -p $! -ex 'print 6 * 7' 2>/dev/null | grep -F '$1'
		kill $!
	fi
	if command -v strace >/dev/null; then
		strace -f -o trace sh -c './plain; exit 6'
		echo "strace: $?"
		grep -c 'exit_group(42)' trace
	fi
	./plain
}

worked() {
	[ ! -x "$WORK/bad" ] || grep -q '^heap-use-after-free' "$WORLD/output" || return
	! command -v gdb >/dev/null || grep -q '^\$1 = 42' "$WORLD/output" || return
	! command -v strace >/dev/null || grep -q '^strace: 6' "$WORLD/output" || return
	grep -q '^status=42' "$WORLD/seen"
}

. "$VERIFY/attempt.sh"
