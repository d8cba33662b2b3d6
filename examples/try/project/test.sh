#!/bin/sh
# Each case: what goes in (\n and \t as in printf), what must come out.
failed=0
passed=0

expect() {
	found=$(printf '%b' "$1" | ./count)
	if [ "$found" = "$2" ]; then
		passed=$((passed + 1))
	else
		printf "FAIL '%s': expected %s, found %s\n" "$1" "$2" "$found"
		failed=$((failed + 1))
	fi
}

expect '' '0 0 0'
expect 'one two\n' '1 2 8'
expect '  spaces   around  \n' '1 2 20'
expect 'a\ttab\n' '1 2 6'
expect 'no newline' '0 2 10'

echo "$passed tests passed, $failed failed"
[ $failed = 0 ]
