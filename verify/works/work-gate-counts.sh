#!/bin/sh
# net.filtered, hazard 50: what went to each host, and came from it, is in the report: a broad rule, or a host that takes what
# it is given, is a way out that only a person can judge.
# run: --net filtered --allow "*.test" --report "$WORLD/report.json"
act() {
	forget_proxies
	{
		printf 'POST /gist HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 40000\r\n\r\n'
		head -c 40000 /dev/zero | tr '\0' x
	} >post
	/usr/bin/python3 "$VERIFY/client.py" allowed.test 80 post
	printf 'GET / HTTP/1.1\r\nHost: other.test:8080\r\n\r\n' >get
	/usr/bin/python3 "$VERIFY/client.py" other.test 8080 get
	/usr/bin/python3 "$VERIFY/client.py" other.test 8080 get
}

worked() {
	heard "POST /gist" && heard "host=other.test:8080" || return
	[ "$SIDE" = bare ] || /usr/bin/python3 - "$WORLD/report.json" <<-END
		import json, sys
		network = json.load(open(sys.argv[1]))["network"]
		hosts = {host["host"]: host for host in network["hosts"]}
		assert 40000 < hosts["allowed.test:80"]["bytes_out"] < 41000, network
		assert hosts["other.test:8080"]["connections"] == 2, network
		assert hosts["other.test:8080"]["bytes_in"] > 0, network
		assert network["connections"] == 3 and network["queries"] >= 2, network
	END
}

. "$VERIFY/internet.sh"
