#!/bin/sh
# Every report and every record holds to the schema that cordon prints, however the run ended and whatever it tried.
# fallback: no refused acts are named otherwise there
prepare() {
	need python3
	python3 -c "import jsonschema" 2>/dev/null || skip "python3-jsonschema is not installed"
}

number=0
one() { # OPTION... -- COMMAND...
	number=$((number + 1))
	"$PROGRAM" run --report "$WORLD/report-$number" "$@"
}

launch() {
	[ "$SIDE" = inside ] || return 0
	# shellcheck disable=SC1003  # a backslash is meant
	evil=$(printf 'e\033[2J\nv\377i"l\\')
	one -- true
	one -- sh -c 'kill -9 $$'
	one --time 100ms -- sleep 5
	one --output 1KiB -- yes
	one --memory 32MiB --accept limits.memory -- "$VERIFY/hog" memory 200
	one --policy missing.json -- true
	one -- "./$evil"
	# shellcheck disable=SC2016  # for the inner shell
	one -- sh -c 'echo x >"$1/$2"; rm -rf "$1"; ln -s "$1" "$2"; mv "$2" "$1"; chmod 700 "$1"; cat ~/.ssh/id_rsa; : >.git/config; false' \
		sh "$OUTSIDE" "$evil"
	one --explain -- cat "$HOME/.ssh/id_rsa" .git/hooks/none
	one --no-observe --disk 1GiB --accept limits.disk -- python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80))'
	one -- python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80))'
	one -- git init --quiet made
	for run in $("$PROGRAM" log --json | sed -n 's/ *"run_id": "\(.*\)",/\1/p'); do
		"$PROGRAM" report --json "$run" >"$WORLD/record-$run"
	done
	"$PROGRAM" report --schema >"$WORLD/schema"
	python3 -W ignore - "$WORLD" <<-'PYTHON'
		import glob, json, jsonschema, sys
		checker = jsonschema.Draft7Validator(json.load(open(sys.argv[1] + "/schema")))
		reports = [json.load(open(path)) for path in glob.glob(sys.argv[1] + "/report-*")]
		records = [json.load(open(path)) for path in glob.glob(sys.argv[1] + "/record-*")]
		for report in reports + [record["report"] for record in records]:
		    for error in checker.iter_errors(report):
		        print("not valid:", error.message[:200])
		print(len(reports), "reports", len(records), "records", sorted({report["outcome"] for report in reports}))
	PYTHON
}

act() {
	:
}

worked() {
	[ "$SIDE" = inside ] || return 0
	! grep -q "not valid" "$WORLD/output" &&
		grep -qxF "12 reports 11 records ['exited', 'memory', 'output', 'refused', 'signaled', 'wall_time']" "$WORLD/output"
}

. "$VERIFY/attempt.sh"
