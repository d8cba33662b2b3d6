"""Do the schema and the reader say the same of every policy in the corpus?

usage: check_corpus.py CORDON CORPUS PRESETS

What the schema means is told by somebody else's validator (Debian's python3-jsonschema), what the reader does by
`cordon policy check`. In CORPUS each file is named by what it tests, in a folder that says what is expected:

    good    both take it
    bad     both refuse it
    broken  no JSON, even without comments and trailing commas
    unseen  the reader alone refuses it: the fault is in the text's form, on the host, or too fine for a pattern

The preset's files have to be good for the schema as well. Prints TAP; exits 77 when there is no validator.
"""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed (tools/setup check)")
    sys.exit(77)

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)


def strip(text):
    """JSON from JSONC. A comma is dropped only behind a value."""
    text = TOKEN.sub(lambda match: match[0] if match[0][0] == '"' else " ", text)
    strings = []

    def put_aside(match):
        strings.append(match[0])
        return '"%d"' % (len(strings) - 1)

    kept = TOKEN.sub(put_aside, text)
    kept = re.sub(r"([^\s,{\[:])(\s*),(?=\s*[}\]])", r"\1\2", kept)
    return re.sub(r'"(\d+)"', lambda match: strings[int(match[1])], kept)


def refuse_constant(word):
    raise ValueError(word + " is no JSON")


def parse(path):
    with open(path, "rb") as file:
        text = strip(file.read().decode("utf-8"))
    value = json.loads(text, parse_constant=refuse_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # half a surrogate is no character
    return value


class Checker:
    def __init__(self, cordon, scratch):
        self.cordon = cordon
        self.count = self.failed = 0
        self.workspace = os.path.join(scratch, "home", "work")
        os.makedirs(self.workspace)
        self.environment = {"PATH": os.environ["PATH"], "HOME": os.path.join(scratch, "home"), "LC_ALL": "C.UTF-8"}
        self.schema = json.loads(self.run("schema").stdout)
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.validator = jsonschema.Draft7Validator(self.schema)

    def run(self, *words):
        return subprocess.run([self.cordon, "policy", *words], cwd=self.workspace, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)

    def report(self, name, fault):
        self.count += 1
        self.failed += fault is not None
        print("%s %d - %s" % ("ok" if fault is None else "not ok", self.count, name))
        if fault:
            print("# " + fault.replace("\n", "\n# "))

    def schema_fault(self, path):
        """What the schema has against the file; None: nothing."""
        error = next(self.validator.iter_errors(parse(path)), None)
        return error and error.message

    def reader_fault(self, path):
        """What cordon has against it; None: nothing. A refusal that names no file would be no help."""
        answer = self.run("check", path)
        if answer.returncode == 0 and path + ": fine\n" in answer.stdout and not answer.stderr:
            return None
        if answer.returncode == 1 and not answer.stdout and answer.stderr.startswith("cordon: "):
            return answer.stderr
        raise AssertionError("status %d\n%s%s" % (answer.returncode, answer.stdout, answer.stderr))


def judge(checker, kind, path):
    try:
        by_schema = checker.schema_fault(path)
        is_json = True
    except ValueError as error:
        by_schema, is_json = str(error), False
    by_reader = checker.reader_fault(path)
    if is_json != (kind != "broken"):
        return "for a JSON parser it is %s" % (by_schema or "fine")
    if (by_schema is None) != (kind in ("good", "unseen")):
        return "for the schema it is %s" % (by_schema or "fine")
    if (by_reader is None) != (kind == "good"):
        return "for the reader it is %s" % (by_reader or "fine")
    if kind in ("bad", "broken") and not re.match(r"cordon: %s(:\d+:\d+)?: " % re.escape(path), by_reader):
        return "the file is not named: %s" % by_reader
    return None


def find_open_objects(schema, place="schema"):
    """Every object that takes unknown names."""
    if isinstance(schema, list):
        return [found for i, item in enumerate(schema) for found in find_open_objects(item, "%s[%d]" % (place, i))]
    if not isinstance(schema, dict):
        return []
    found = [found for name, item in schema.items() for found in find_open_objects(item, place + "." + name)]
    is_open = schema.get("type") == "object" and schema.get("additionalProperties") is not False
    return found + [place] * is_open


def main(cordon, corpus, presets):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        checker = Checker(cordon, scratch)
        found = find_open_objects(checker.schema)
        checker.report("schema: no object takes unknown names", ", ".join(found) or None)
        again = checker.run("schema").stdout
        checker.report("schema: the same each time", None if json.loads(again) == checker.schema else again)
        for kind in ("good", "bad", "broken", "unseen"):
            paths = sorted(glob.glob(os.path.join(corpus, kind, "*.jsonc")))
            checker.report(kind + ": there are some", None if paths else "no file in " + corpus)
            for path in paths:
                try:
                    fault = judge(checker, kind, path)
                except AssertionError as error:
                    fault = str(error)
                checker.report("%s/%s" % (kind, os.path.basename(path)), fault)
        for path in sorted(glob.glob(os.path.join(presets, "*.jsonc"))):
            checker.report("preset " + os.path.basename(path), checker.schema_fault(path))
    print("1..%d" % checker.count)
    return checker.failed > 0


if __name__ == "__main__":
    sys.exit(main(*[os.path.abspath(word) for word in sys.argv[1:]]))
