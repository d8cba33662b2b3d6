#!/bin/sh
# The report says where an act landed and who did it at that moment, though the directory was another a moment ago, and so
# was the program of the process.
# run: --report "$WORLD/report.json"
# fallback: no refused acts are named otherwise there
prepare() {
	need python3
}

act() {
	[ "$SIDE" = inside ] || return 0
	python3 - "$OUTSIDE" <<-'PYTHON'
		import os, sys
		def attempt(name):
		    os.symlink(sys.argv[1], "way")
		    try:
		        open("way/" + name, "w")
		    except OSError:
		        os.remove("way")
		for number in range(20):
		    os.mkdir("way")
		    open("way/mine", "w").close()
		    os.rename("way", "was-%d" % number)
		    attempt("moved-%d" % number)
		    os.mkdir("way")
		    open("way/mine", "w").close()
		    os.remove("way/mine")
		    os.rmdir("way")
		    attempt("removed-%d" % number)
	PYTHON
	# shellcheck disable=SC2016  # for the inner shell
	sh -c 'echo evil >"$1/by-sh"; exec python3 -c "open(\"$1/by-python\", \"w\")"' sh "$OUTSIDE" 2>/dev/null
	true
}

worked() {
	[ "$SIDE" = inside ] || return 0
	python3 - "$WORLD/report.json" "$OUTSIDE" <<-'PYTHON'
		import json, sys
		denials = {d["target"]: d["process"] for d in json.load(open(sys.argv[1]))["denials"]}
		for number in range(20):
		    for how in ("moved", "removed"):
		        assert "%s/%s-%d" % (sys.argv[2], how, number) in denials, (how, number)
		one, other = (denials[sys.argv[2] + name] for name in ("/by-sh", "/by-python"))
		assert one["pid"] == other["pid"] and "python" not in one["exe"] and "python" in other["exe"], (one, other)
		assert one["argv"][0] == "sh" and other["argv"][0] == "python3", (one, other)
	PYTHON
}

. "$VERIFY/attempt.sh"
