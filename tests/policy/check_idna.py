"""Does cordon read international names as Python does?

usage: check_idna.py CORDON [SEED [COUNT]]

Random labels of many scripts, put into a policy as hosts. What each is in ASCII is told by Python's codec `punycode`,
and where IDNA2003 means the same (encodings.idna) by that too; what has another form (capitals, letters that are not
composed) has to be refused, with its place. Prints TAP.
"""

import encodings.idna
import json
import os
import random
import subprocess
import sys
import tempfile
import unicodedata

# From left to right, without letters that stand well only beside others: what is left is told by Unicode alone.
BLOCKS = [(0x61, 0x7A), (0x30, 0x39), (0xDF, 0x24F), (0x250, 0x2AF), (0x300, 0x34E), (0x350, 0x36F), (0x371, 0x3FF), (0x430, 0x52F),
          (0x561, 0x587), (0x905, 0x97F), (0x985, 0x9FE), (0xB85, 0xBD7), (0xC85, 0xCD6), (0xD05, 0xD57), (0xE01, 0xE4E),
          (0x10D0, 0x10FF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x3041, 0x309A), (0x30A1, 0x30FA), (0x4E00, 0x9FFF),
          (0xAC00, 0xD7A3), (0x10428, 0x1044F), (0x11103, 0x11134), (0x20000, 0x2A6DF)]
CONTEXT = [chr(point) for point in (0xB7, 0x375, 0x387)]
MARKS = ("Mn", "Mc", "Me")


def make_label():
    blocks = random.sample(BLOCKS, random.randint(1, 3))
    letters = [chr(random.randint(*random.choice(blocks))) for _ in range(random.randint(1, 9))]
    return "".join(c for c in letters if unicodedata.category(c) != "Cn" and c not in CONTEXT)


def is_in_form(label):
    """One spelling, in small letters, of letters, digits and marks, which begin no label."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    alone = all(c in "\u00df\u03c2" or unicodedata.normalize("NFKC", c.casefold()) == c for c in label)
    return (alone and (folded == label or "\u00df" in label or "\u03c2" in label)
            and unicodedata.normalize("NFC", label) == label and unicodedata.category(label[0]) not in MARKS
            and all(unicodedata.category(c) in ("Ll", "Lo", "Lm", "Nd", "Mn", "Mc") for c in label))


def in_ascii(label):
    written = "xn--" + label.encode("punycode").decode("ascii")
    if "\u00df" not in label and "\u03c2" not in label:
        try:
            assert encodings.idna.ToASCII(label).decode("ascii") == written, ascii(label)
        except UnicodeError:
            pass  # IDNA2003 ends with Unicode 3.2
    return written


class Reader:
    def __init__(self, cordon, scratch):
        self.cordon = cordon
        self.path = os.path.join(scratch, "policy.json")
        self.workspace = os.path.join(scratch, "work")
        os.mkdir(self.workspace)
        self.environment = {"PATH": os.environ["PATH"], "HOME": scratch, "LC_ALL": "C.UTF-8"}

    def read(self, hosts):
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump({"network": {"mode": "filtered", "allow": hosts}}, file, ensure_ascii=False)
        return subprocess.run([self.cordon, "policy", "show", "--json", "--policy", self.path], cwd=self.workspace,
                              env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)


def find_fault(reader, count):
    good, bad = {}, []
    while len(good) < count:
        label = make_label()
        if not label or label.isascii():
            continue
        if is_in_form(label):
            if len(in_ascii(label)) <= 63:
                good[label] = in_ascii(label)
        elif len(bad) < count // 10:
            bad.append(label)
    shown = reader.read([label + ".example" for label in good])
    if shown.returncode != 0:
        return shown.stderr
    read = [row["host"] for row in json.loads(shown.stdout)["network"]["allow"]]
    wanted = [written + ".example" for written in good.values()]
    if read != wanted:
        return next("%s is read as %s" % pair for pair in zip(wanted, read) if pair[0] != pair[1])
    for label in bad:
        shown = reader.read([label + ".example"])
        if shown.returncode == 0 or ".json:1:" not in shown.stderr:
            return "%s (%s): %s%s" % (label, ascii(label), shown.stdout[:200], shown.stderr)
    return None


def main(cordon, seed="1", count="400"):
    random.seed(int(seed))
    with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
        fault = find_fault(Reader(os.path.abspath(cordon), scratch), int(count))
    print("1..1\n%sok 1 - international names are read as Python reads them" % ("not " if fault else ""))
    if fault:
        print("# " + fault.replace("\n", "\n# "))
    return fault is not None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
