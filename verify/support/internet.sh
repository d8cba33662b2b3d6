# support/internet.sh: for attempts on the network, in place of attempt.sh. All the world is one server then, with many addresses
# (internet.c, world.py). What it heard is in $WORLD/heard; names are those of $OUTSIDE/hosts. An attempt may have a prepare and a
# launch of its own, made of prepare_internet and launch_in_internet.

# For launch: the command in a network of its own.
launch_in_internet() { # COMMAND...
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		"$VERIFY/world.py" "$WORLD/heard" "$WORLD/ready" &
		tries=0
		until [ -s "$WORLD/ready" ] || [ $tries = 100 ]; do
			tries=$((tries + 1))
			sleep 0.05
		done
		"$@"
		status=$?
		sleep 0.2
		kill $!
		exit $status' sh "$@"
}

# For prepare: the names of that network.
prepare_internet() {
	[ -x /usr/bin/python3 ] || skip "there is no /usr/bin/python3"
	cat >"$OUTSIDE/hosts" <<-END
		127.0.0.1 localhost
		20.1.1.1 allowed.test
		20.2.2.2 other.test
		20.1.1.1 twin.test
		127.0.0.1 loopback.test
		10.1.2.3 private.test
		169.254.169.254 metadata.test
		::ffff:10.1.2.3 mapped.test
		64:ff9b::a01:203 translated.test
	END
	"$VERIFY/internet" "$OUTSIDE/hosts" true || skip "no network of one's own can be made here"
}

heard() { # TEXT
	grep -qsF -e "$1" "$WORLD/heard"
}

# For the act: what a program does that knows of no proxy, or does not care.
forget_proxies() {
	unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
}

# For launch: like launch_in_internet, with the attempt's `meanwhile` done outside while the act is in wait_outside. It knows the
# processes $running, the command, and $gate, its gate; bare there is none.
launch_meanwhile() { # COMMAND...
	launch_in_internet "$0" beside "$@"
}

beside() {
	"$@" &
	running=$!
	wait_for "$WORK/waiting"
	# shellcheck disable=SC2034  # for meanwhile
	gate=$(pgrep -x cordon-gate -P $running | head -n 1)
	meanwhile
	echo yes >"$WORK/go"
	wait $running
}

command -v prepare >/dev/null || prepare() {
	prepare_internet
}

command -v launch >/dev/null || launch() {
	launch_in_internet "$@"
}

. "$VERIFY/attempt.sh"
