#!/usr/bin/python3
"""Bad input and a poor host: does cordon say what is wrong, with the right status, and leave nothing behind?

usage: tests/cli/bad_input.py CORDON

Each case runs the real program in a scratch home with a git repository whose missing names need placeholders; as root
it runs as root and as the user cordon-test. Afterwards the home, the state, the mounts and the processes have to be as
before. Prints a line for each case in TAP's form, then `N passed, N failed, N skipped`.
"""

import os
import pwd
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

TAG = "BAD_INPUT_TEST=%d" % os.getpid()
FINE, REFUSED, NOT_EXECUTABLE, NOT_FOUND = 0, 125, 126, 127


def skip(title, reason):
    global count, skipped
    count += 1
    skipped += 1
    print("ok %d - %s # SKIP %s" % (count, title, reason))


class World:
    """A home and a workspace of one user's, and how cordon is run in them."""

    def __init__(self, program, user):
        self.user = pwd.getpwnam(user)
        self.scratch = tempfile.mkdtemp(prefix="cordon-bad.", dir="/var/tmp")
        os.chmod(self.scratch, 0o755)
        self.cordon = self.scratch + "/cordon"
        shutil.copy(program, self.cordon)
        os.chmod(self.cordon, 0o755)
        with open(program, "rb") as file:
            bytes_ = file.read()
        self.is_sanitized = b"__asan_init" in bytes_
        self.home = self.scratch + "/home"
        self.work = self.home + "/work"
        for folder in ("hooks", "objects", "refs"):
            self.make(self.work + "/.git/" + folder)
        self.write(self.work + "/.git/HEAD", b"ref: refs/heads/main\n")
        self.write(self.work + "/.git/config", b"")
        self.write(self.work + "/file", b"x")

    def make(self, path):
        os.makedirs(path, exist_ok=True)
        self.own()

    def write(self, path, content, mode=0o644):
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        self.own()
        return path

    def own(self):
        """Everything below the home is the user's."""
        if os.getuid() != 0:
            return
        for folder, folders, files in os.walk(os.fsencode(self.home)):
            for name in [folder] + [os.path.join(folder, name) for name in folders + files]:
                os.lchown(name, self.user.pw_uid, self.user.pw_gid)

    def run(self, arguments, environment=None, cwd=None, limits=None, closed=(), before=None):
        """Returns status, stdout, stderr."""
        variables = {"PATH": "/usr/bin:/bin", "HOME": self.home} if environment is None else dict(environment)
        variables.update([TAG.split("=")])

        def prepare():
            if before:
                before()
            if os.getuid() == 0 and self.user.pw_uid != 0:
                os.setgroups([])
                os.setgid(self.user.pw_gid)
                os.setuid(self.user.pw_uid)
            for limit, value in (limits or {}).items():
                resource.setrlimit(limit, (value, value))
            for descriptor in closed:
                os.close(descriptor)

        process = subprocess.Popen([self.cordon] + list(arguments), env=variables, cwd=cwd or self.work,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=prepare)
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return "no end within 60 s", b"", b""
        return process.returncode, out, err

    def traces(self):
        """What a run could leave: files, mounts, processes. The state's folders, its caches and records of runs are to stay."""
        found = []
        for folder, folders, files in os.walk(os.fsencode(self.home)):
            if os.path.basename(folder) == b"cordon":
                folders[:] = [name for name in folders if name not in (b"caches", b"runs")]
            found += [os.path.join(folder, name) for name in files + folders
                      if name not in (b".local", b"state", b"cordon")]
        with open("/proc/self/mountinfo", "rb") as file:
            found += [line for line in file if os.fsencode(self.scratch) in line]
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % number, "rb") as file:
                    tagged = TAG.encode() in file.read().split(b"\0")
                if tagged and int(number) != os.getpid():
                    found.append(b"process " + number.encode())
            except OSError:
                pass
        return set(found)


class Cases:
    def __init__(self, world, name):
        self.world = world
        self.name = name

    def judge(self, title, result, status, words, before):
        global count, failed
        faults = []
        got, out, err = result
        if got not in (status if isinstance(status, tuple) else (status,)):
            faults.append("status %s" % got)
        lines = err.splitlines()
        if got != FINE and status != FINE:
            if len(lines) != 1 or not lines[0].startswith(b"cordon: "):
                faults.append("it does not say one line")
            if not re.search(words, err, re.DOTALL):
                faults.append("it does not say %r" % words)
        elif status == FINE and words and words not in out:
            faults.append("it prints %r" % out)
        if got == FINE and err:
            faults.append("it is not silent")
        for _ in range(100):  # the kernel takes namespaces down behind our back
            left = self.world.traces() - before
            if not left:
                break
            time.sleep(0.02)
        if left:
            faults.append("it leaves %s" % sorted(left)[:3])
        count += 1
        failed += bool(faults)
        print("%sok %d - %s as %s" % ("not " if faults else "", count, title, self.name))
        if faults:
            print("# " + "; ".join(faults) + ": " + repr(err[:400]))
        sys.stdout.flush()

    def run(self, title, arguments, status, words=b"", **how):
        before = self.world.traces()
        self.judge(title, self.world.run(arguments, **how), status, words, before)

    # -- policies ----------------------------------------------------------------------------------------------------

    def policy(self, title, path, words, status=REFUSED):
        self.run("policy " + title, ["run", "--policy", path, "--", "true"], status, words)

    def policies(self):
        world = self.world
        folder = world.home + "/policies"
        world.make(folder)

        def text(name, content):
            return world.write(folder + "/" + name, content)

        self.policy("that is missing", folder + "/none", rb"/policies/none': No such file")
        self.policy("that is empty", text("empty", b""), rb"/empty: empty; a policy that says nothing is \{\}")
        self.policy("of blanks", text("blank", b" \n\t"), rb"/blank: empty")
        self.policy("that is a directory", folder, rb"/policies' is a directory")
        if world.user.pw_uid != 0:
            os.chmod(text("closed", b"{}"), 0)
            self.policy("that cannot be read", folder + "/closed", rb"/closed': Permission denied")
        os.mkfifo(folder + "/fifo", 0o666)
        self.policy("that is a fifo", folder + "/fifo", rb"/fifo' is no regular file")
        self.policy("/dev/zero", "/dev/zero", rb"/dev/zero' is no regular file")
        self.policy("without a name", "", rb"path must not be empty")
        self.policy("of a mebibyte of brackets", text("brackets", b"[" * (1 << 20)), rb"/brackets:1:17: nested deeper")
        self.policy("of more than a mebibyte", text("large", b"{" + b" " * (1 << 20) + b"}"), rb"/large' is larger")
        self.policy("that is not UTF-8", text("latin", b'{\n"\xe4": 1}'), rb"/latin:2:2: not UTF-8")
        self.policy("with a key twice", text("twice", b'{"files": {"/": "read",\n"/": "write"}}'), rb"/twice:2:\d+: dup")
        self.policy("with an unknown key", text("unknown", b'{\n  "flies": {}\n}'), rb"/unknown:2:3: .*'flies'.*'files'")
        self.policy("with a NUL", text("nul", b'{"a\0": 1}'), rb"/nul:1:4: not UTF-8")
        self.policy("that extends itself", text("circle", b'{"extends": "./circle"}'), rb"circle")
        self.policy("that needs what is missing", text("missing", b'{"files": {\n"/none/x": "write"}}'), rb"/missing:2:1: ")

    # -- workspaces --------------------------------------------------------------------------------------------------

    def workspace(self, title, path, words, status=REFUSED, **how):
        self.run("workspace " + title, ["run", "--workspace", path, "--", "pwd"], status, words, **how)

    def workspaces(self):
        world = self.world
        os.symlink(world.work, world.home + "/link")
        os.symlink("loop", world.home + "/loop")
        self.workspace("that is a file", world.work + "/file", rb"/work/file' is no directory")
        self.workspace("that is a link", world.home + "/link", os.fsencode(world.work), FINE)
        self.workspace("that is a circle of links", world.home + "/loop", rb"/loop': Too many levels|Symbolic link loop")
        self.workspace("that is absent", world.home + "/absent", rb"/absent': No such file")
        self.workspace("without a name", "", rb"workspace ''")
        self.workspace("/", "/", rb"'/' is a root directory")
        self.workspace("of the home", world.home, rb"is your home directory.*--workspace")
        self.workspace("above the home", world.scratch, rb"is your home directory or above")
        for system in ("/usr", "/etc", "/proc", "/dev", "/tmp"):
            self.workspace(system, system, rb"is a system directory")
        for rule in ("/", ".", "~", "/**/**/**", "${workspace}/.."):
            world.write(world.work + "/.cordon.json", b'{ "files":\n { "%s": "none" } }' % rule.encode())
            words = rb"/\.cordon\.json:2:4: '%s' hides the directory .*; narrow the rule" % re.escape(rule).encode()
            self.run("workspace hidden by " + rule, ["run", "--", "true"], REFUSED, words)
        os.unlink(world.work + "/.cordon.json")
        for name in ("a b", "q\"'q", "new\nline", "gl*b[?]", "**", "-dash", "nämé", "\\back", "${home}", "~", b"\xff\xfe"):
            path = os.path.join(os.fsencode(world.home), os.fsencode(name))
            world.make(path)
            self.workspace("named %a" % name, path, path + b"\n", FINE)
        self.workspace("with a dash in front, relative", "-dash", b"/-dash\n", FINE, cwd=world.home)
        deep = self.make_deep(4000)
        self.workspace("of 4,000 bytes", deep, os.fsencode(deep), FINE)
        shutil.rmtree(world.home + "/d" * 100, ignore_errors=True)
        gone = world.home + "/gone"
        world.make(gone)
        self.run("a current directory that is gone", ["run", "--", "true"], REFUSED, rb"current directory.*--workspace",
                 cwd=gone, before=lambda: os.rmdir(gone))
        world.make(gone)
        self.run("…and a workspace", ["run", "--workspace", world.work, "--", "pwd"], FINE, b"/work\n", cwd=gone,
                 before=lambda: os.rmdir(gone))
        self.swapped()

    def make_deep(self, length):
        """Name by name: no call takes the whole path."""
        path = self.world.home
        directory = os.open(path, os.O_RDONLY)
        while len(path) < length:
            name = "d" * max(min(100, length - len(path) - 1), 1)
            os.mkdir(name, dir_fd=directory)
            os.chown(name, self.world.user.pw_uid, self.world.user.pw_gid, dir_fd=directory)
            below = os.open(name, os.O_RDONLY, dir_fd=directory)
            os.close(directory)
            directory = below
            path += "/" + name
        os.close(directory)
        return path

    def swapped(self):
        """The workspace turns into a link to another place and back while cordon starts: the command writes where it
        says that it is, or nowhere (a mount may have gone with the name)."""
        world = self.world
        victim, swapped = world.home + "/victim", world.home + "/swapped"
        world.make(victim)
        world.make(swapped)
        stop = threading.Event()

        def swap():
            while not stop.is_set():
                os.rename(swapped, swapped + ".away")
                os.symlink(victim, swapped)
                time.sleep(0.001)
                os.unlink(swapped)
                os.rename(swapped + ".away", swapped)
                time.sleep(0.001)

        before = self.world.traces()
        places = {os.fsencode(path) + b"\n": os.open(path, os.O_RDONLY) for path in (victim, swapped)}
        thread = threading.Thread(target=swap)
        thread.start()
        wrong, inside = [], 0
        for _ in range(20):
            result = world.run(["run", "--workspace", swapped, "--", "sh", "-c", "(echo x >>mark) 2>/dev/null; pwd"])
            marked = [path for path, place in places.items() if "mark" in os.listdir(place)]
            for path in marked:
                os.unlink("mark", dir_fd=places[path])
            inside += result[0] == FINE
            claimed = [result[1]] if result[0] == FINE else []
            if set(marked) - set(claimed) or result[0] not in (FINE, REFUSED):
                wrong.append(result)
        stop.set()
        thread.join()
        for place in places.values():
            os.close(place)
        self.judge("workspace swapped for a link at the start (%d of 20 ran)" % inside,
                   wrong[0] if wrong else (FINE, b"", b""), FINE, b"", before)

    # -- commands ----------------------------------------------------------------------------------------------------

    def command(self, title, arguments, status, words=b"", **how):
        self.run("command " + title, ["run", "--"] + arguments, status, words, **how)

    def commands(self):
        world = self.world

        def file(name, content, mode=0o755):
            world.write(world.work + "/" + name, content, mode)
            return "./" + name

        self.command("that is in no PATH", ["no-such"], NOT_FOUND, rb"'no-such': no such command")
        self.command("that is absent", ["./no-such"], NOT_FOUND, rb"'./no-such': No such file")
        self.command("without a name", [""], NOT_FOUND, rb"''")
        self.command("with a name of 5,000 bytes", ["x" * 5000], NOT_FOUND, rb"'xxx")
        self.command("that is a directory", ["./.git"], NOT_EXECUTABLE, rb"'./.git' is a directory")
        self.command("that is not executable", ["./file"], NOT_EXECUTABLE, rb"'./file' is not executable.*chmod")
        self.command("whose interpreter is missing", [file("interp", b"#! /no/such -x\n")], NOT_EXECUTABLE,
                     rb"'./interp': its interpreter '/no/such' is not there")
        self.command("whose interpreter is a directory", [file("interp2", b"#!/usr\n")], NOT_EXECUTABLE,
                     rb"'./interp2': its interpreter '/usr'")
        self.command("found in PATH, whose interpreter is missing", ["interp"], NOT_EXECUTABLE, rb"/work/interp'.*'/no/such'",
                     environment={"PATH": world.work + ":/bin", "HOME": world.home})
        other = bytes.fromhex("7f454c4602010100") + bytes(8) + bytes.fromhex("0200b700") + bytes(44)
        self.command("for another machine", [file("other", other)], NOT_EXECUTABLE, rb"'./other' is no program for this")
        self.command("cut short", [file("short", b"\x7fELF")], NOT_EXECUTABLE, rb"'./short' is no program for this")
        self.command("of bytes", [file("bytes", b"ab\0cd\n")], NOT_EXECUTABLE, rb"'./bytes' is no program for this")
        self.command("that is a script without #!", [file("script", b"echo hi\n")], FINE, b"hi\n")
        self.command("that is hidden", [world.home + "/.ssh/x"], NOT_FOUND, rb"/.ssh/x': No such file")
        self.command("with 100,000 arguments", ["sh", "-c", "echo $#", "sh"] + ["x"] * 100000, FINE, b"100000\n")
        self.command("with the longest argument", ["sh", "-c", "echo ${#1}", "sh", "x" * 131000], FINE, b"131000\n")
        self.run("an unknown option", ["run", "--wirte", "x", "--", "true"], REFUSED, rb"'--wirte'.*'--write'")

    # -- environments ------------------------------------------------------------------------------------------------

    def environments(self):
        world = self.world
        echo = ["sh", "-c", "echo ok"]
        for title, environment in (
                ("no variable at all", {}),
                ("no HOME", {"PATH": "/bin"}),
                ("no PATH", {"HOME": world.home}),
                ("a relative HOME", {"PATH": "/bin", "HOME": "somewhere"}),
                ("an empty HOME", {"PATH": "/bin", "HOME": ""}),
                ("a HOME that is absent", {"PATH": "/bin", "HOME": world.home + "/none"}),
                ("a HOME of /", {"PATH": "/bin", "HOME": "/"}),
                ("XDG variables that cannot be", {"PATH": "/bin", "HOME": world.home, "XDG_STATE_HOME": "somewhere",
                                                  "XDG_CONFIG_HOME": world.work + "/file"}),
                ("two PATHs and no USER", {"PATH": "::/bin", "HOME": world.home})):
            self.command("with " + title, echo, FINE, b"ok\n", environment=environment)
        self.command("with a HOME in which it works", echo, REFUSED, rb"is your home directory",
                     environment={"PATH": "/bin", "HOME": world.work})
        for closed in ((0,), (1,), (2,), (0, 1), (0, 1, 2)):
            self.command("with descriptors %s closed" % (closed,), echo, FINE, b"" if 1 in closed else b"ok\n",
                         closed=closed)

    # -- limits ------------------------------------------------------------------------------------------------------

    def limited(self, title, limit, value, words=rb"."):
        """The program starts and says what it lacks, or runs the command; the loader of a dynamic one may be the first."""
        before = self.world.traces()
        result = self.world.run(["run", "--", "true"], limits={limit: value})
        if result[0] == NOT_FOUND and b"error while loading shared libraries" in result[2]:
            result = (REFUSED, b"", b"cordon: (the loader)")
            words = rb"loader"
        self.judge("%s %d" % (title, value), result, (FINE, REFUSED), words, before)

    def limits(self):
        if self.world.is_sanitized:
            skip("limits", "a program with sanitizers cannot live with them")
            return
        for value in range(0, 41):
            self.limited("open files:", resource.RLIMIT_NOFILE, value, rb"[Tt]oo many open files|No file descriptors")
        if self.world.user.pw_uid != 0:
            for value in (0, 1, 2, 3):
                self.limited("processes:", resource.RLIMIT_NPROC, value, rb"Resource temporarily unavailable")
        for value in (4, 16, 64, 256):
            self.limited("address space, MiB:", resource.RLIMIT_AS, value << 20, rb"[Oo]ut of memory|Cannot allocate")
        for value in (16, 64, 128, 256):
            self.limited("stack, KiB:", resource.RLIMIT_STACK, value << 10, rb"stack is limited")
        for value in (0, 1, 4096):
            self.limited("file size:", resource.RLIMIT_FSIZE, value)
        self.limited("locked memory:", resource.RLIMIT_MEMLOCK, 0)

    def full_disk(self):
        """The workspace and the state on a disk without a free block or inode. In a mount namespace of the test's own."""
        world = self.world
        if os.getuid() != 0:
            skip("a full disk", "only root can make a small one")
            return
        for title, options in (("blocks", "size=64k"), ("inodes", "nr_inodes=14")):
            disk = world.home + "/disk"
            world.make(disk)
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], check=True)
            try:
                work = disk + "/work"
                for folder in ("hooks", "objects", "refs"):
                    os.makedirs(work + "/.git/" + folder)
                for name in ("HEAD", "config"):
                    open(work + "/.git/" + name, "wb").close()
                try:
                    number = 0
                    while True:
                        with open(disk + "/fill%d" % number, "wb") as file:
                            if title == "blocks":
                                file.write(bytes(1 << 20))
                        number += 1
                except OSError:
                    pass
                world.own()
                self.run("a disk without free " + title, ["run", "--workspace", work, "--", "pwd"], (FINE, REFUSED),
                         rb"No space left on device", environment={"PATH": "/bin", "HOME": world.home,
                                                                   "XDG_STATE_HOME": disk + "/state"})
            finally:
                subprocess.run(["umount", disk], check=True)


def main():
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    program = sys.argv[1]
    users = [pwd.getpwuid(os.getuid()).pw_name]
    if os.getuid() == 0:
        # What is mounted here is nobody else's.
        if os.environ.get("BAD_INPUT_NAMESPACE") != "1":
            os.environ["BAD_INPUT_NAMESPACE"] = "1"
            os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable] + sys.argv)
        try:
            pwd.getpwnam("cordon-test")
            users.append("cordon-test")
        except KeyError:
            skip("all as an ordinary user", "there is no user cordon-test (verify/run makes it)")
    for user in users:
        world = World(program, user)
        try:
            cases = Cases(world, user)
            cases.policies()
            cases.workspaces()
            cases.commands()
            cases.environments()
            cases.limits()
            cases.full_disk()
        finally:
            shutil.rmtree(world.scratch, ignore_errors=True)
    print("1..%d" % count)
    print("%d passed, %d failed, %d skipped" % (count - failed - skipped, failed, skipped))
    return 1 if failed else 0


count = failed = skipped = 0
sys.exit(main())
