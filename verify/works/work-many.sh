#!/bin/sh
# Many processes, many threads, and much through the standard streams.
# same: output
prepare() {
	cat >threads.c <<-'END'
		#include <pthread.h>
		#include <stdatomic.h>
		#include <stdio.h>
		static atomic_int count;
		static void *work(void *unused)
		{
			count++;
			return unused;
		}
		int main(void)
		{
			pthread_t threads[300];
			for (int i = 0; i < 300; i++)
				if (pthread_create(&threads[i], NULL, work, NULL) != 0)
					return 1;
			for (int i = 0; i < 300; i++)
				pthread_join(threads[i], NULL);
			printf("%d threads\n", count);
			return 0;
		}
	END
	cc -pthread -o threads threads.c || skip "there is no C compiler"
}

# 100 MB, no two blocks alike.
launch() {
	awk 'BEGIN { for (i = 0; i < 1600000; i++) printf "%064d", i }' | tee "$OUTSIDE/sent" | "$@" >"$WORLD/passed"
	status=$?
	cksum <"$OUTSIDE/sent" >"$WORLD/sum"
	tail -c 1000 "$WORLD/passed"
	rm -f "$OUTSIDE/sent"
	return $status
}

act() {
	cat
	for number in $(seq 200); do
		(sleep 1 && echo "$number" >"process.$number") &
	done
	wait
	echo
	cat process.* | sort -n | cksum
	./threads
	return 4
}

worked() {
	[ "$(head -c 102400000 "$WORLD/passed" | cksum)" = "$(cat "$WORLD/sum")" ] && grep -q '^300 threads' "$WORLD/output" &&
		[ -s "$WORK/process.200" ] && grep -q '^status=4' "$WORLD/seen"
}

. "$VERIFY/attempt.sh"
