"""Does every report hold to the schema that cordon prints, whatever happened in the run?

usage: check_report.py CORDON_FAKE

The program is cordon over the fake backend; the schema is tightened here, so that no key is in a report that it does not
name. Prints TAP; exits 77 when there is no validator.
"""

import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed (tools/setup check)")
    sys.exit(77)

LIMITS = ["memory", "cpu_time", "processes", "disk", "output"]
CASES = [
    ("started;exit 0", [], "exited", 0),
    ("started;exit 3", [], "exited", 3),
    ("started;reach example.org:443", [], "exited", 0),
    ("started;kill 9", [], "signaled", 137),
    ("started;run_on", ["--time", "20ms"], "wall_time", 124),
    ("not_found", [], "refused", 127),
    ("lack net.off", [], "refused", 125),
    ("started;deny /etc/x;deny /etc/\x1b[31my;deny /etc/\xff;exit 1", [], "exited", 1),
] + [("started;limit " + name, ["--" + name.replace("_", "-"), "10s" if name == "cpu_time" else "1000"], name, 137)
     for name in LIMITS]


def tighten(schema):
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            tighten(value)
    return schema


def main():
    cordon = sys.argv[1]
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        work = os.path.join(home, "work")
        os.mkdir(work)
        path = os.path.join(home, "report")
        environment = {"PATH": os.environ["PATH"], "HOME": home}

        def run(fake, *words):
            return subprocess.run([cordon, *words], cwd=work, env={**environment, "FAKE": fake}, capture_output=True,
                                  check=False)

        schema = tighten(json.loads(run("", "report", "--schema").stdout))
        jsonschema.Draft7Validator.check_schema(schema)
        print("1..%d" % (len(CASES) + 1))
        for number, (fake, options, outcome, status) in enumerate(CASES, 1):
            done = run(fake, "run", "--report", path, *options, "program", "--token", "abcdef")
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
            faults = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(report)]
            if (report["outcome"], done.returncode) != (outcome, status):
                faults.append("%s, status %d" % (report["outcome"], done.returncode))
            failed += bool(faults)
            print("%s %d - %s %s" % ("not ok" if faults else "ok", number, ascii(fake), faults or ""))
        report["outcome"] = "lost"
        good = not jsonschema.Draft7Validator(schema).is_valid(report)
        failed += not good
        print("%s %d - an outcome that does not exist is refused" % ("ok" if good else "not ok", len(CASES) + 1))
    return failed > 0


sys.exit(main())
