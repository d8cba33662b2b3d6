#!/bin/sh
# net.filtered: a program that sends and ends has sent: what it said last arrives, though nothing of it is left by then.
# run: --net filtered --allow allowed.test --allow 20.3.0.0/16
# Nothing of cordon is left while the world is waited for.
launch() {
	# shellcheck disable=SC2016  # for the inner shell
	launch_in_internet sh -c '
		"$@"
		status=$?
		tries=0
		until [ "$(grep -c "last words" "$WORLD/heard")" = 20 ] || [ $tries = 100 ]; do
			tries=$((tries + 1))
			sleep 0.05
		done
		exit $status' sh "$@"
}

act() {
	/usr/bin/python3 -c '
import os, socket
for number in range(20):
    place = ("allowed.test", 5432) if number % 2 else ("20.3.4.5", 81)
    connection = socket.create_connection(place)
    connection.sendall(b"last words %d\n" % number)
os._exit(0)'
}

worked() {
	[ "$(grep -c "last words" "$WORLD/heard")" = 20 ]
}

. "$VERIFY/internet.sh"
