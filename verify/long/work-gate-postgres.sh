#!/bin/sh
# net.filtered: psql and a PostgreSQL server on the host's loopback, which one rule opens; a second server is not there.
# run: --net filtered --allow localhost:5432 --report "$WORLD/report.json"
prepare() {
	prepare_internet
	need psql
	for programs in /usr/lib/postgresql/*/bin; do :; done
	[ -x "$programs/initdb" ] || skip "there is no PostgreSQL server"
	[ "$(id -u)" != 0 ] || skip "PostgreSQL does not run as root"
	"$programs/initdb" -D "$OUTSIDE/database" -A trust -U person >/dev/null || skip "initdb makes no database"
	echo "$programs" >"$OUTSIDE/programs"
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		PATH=$PATH:$(cat "$OUTSIDE/programs")
		for port in 5432 5433; do
			[ $port = 5432 ] || cp -R "$OUTSIDE/database" "$OUTSIDE/second"
			folder=$OUTSIDE/database
			[ $port = 5432 ] || folder=$OUTSIDE/second
			rm -f "$folder/postmaster.pid"
			pg_ctl -w -D "$folder" -l "$WORLD/log-$port" -o "-h 127.0.0.1 -p $port -k $WORLD" start >/dev/null
		done
		"$@"
		for folder in database second; do
			pg_ctl -m immediate -D "$OUTSIDE/$folder" stop >/dev/null
		done' sh "$@"
}

act() {
	forget_proxies
	psql -h localhost -p 5432 -U person postgres -c "create table visits as select 42 as answer"
	psql -h localhost -p 5432 -U person postgres -At -c "select answer from visits" >answer
	psql -h localhost -p 5433 -U person postgres -At -c "select 'reached'" >second
	true
}

happened() {
	grep -q reached "$WORK/second"
}

worked() {
	[ "$(cat "$WORK/answer")" = 42 ] && { [ "$SIDE" = bare ] || grep -q '"target": *"[^"]*:5433"' "$WORLD/report.json"; }
}

. "$VERIFY/internet.sh"
