#!/usr/bin/python3
"""SIGKILL for cordon at random moments: what is left before the next start, and after it?

usage: tests/cli/kill_launcher.py CORDON [KILLS [SEED]]

The workspace is a git repository in which names have to be held by placeholders. KILLS times (100) a run is killed
somewhere between its first instruction and its end: every third time cordon with its whole process group, so that
nobody is left to clear up, every fifth time while another run works in the same workspace. The tree has to die, the
other run to stay protected, and once a further run has begun and ended nothing of the killed one may be left: no
process, mount, placeholder, nor a file in cordon's state. What was left before that is told. As root all of it is done
as root and as the user cordon-test. Prints a line for each in TAP's form, then `N passed, N failed, N skipped`.
"""

import collections
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TAG = "KILL_LAUNCHER_TEST=%d" % os.getpid()
DIES_WITHIN = 2.0  # seconds, for the tree
GRACE = 1.0  # for whoever clears up after cordon


class World:
    def __init__(self, program, user):
        self.user = pwd.getpwnam(user)
        self.scratch = tempfile.mkdtemp(prefix="cordon-kill.", dir="/var/tmp")
        os.chmod(self.scratch, 0o755)
        self.cordon = self.scratch + "/cordon"
        shutil.copy(program, self.cordon)
        os.chmod(self.cordon, 0o755)
        self.home = self.scratch + "/home"
        self.work = self.home + "/work"
        for folder in (".git/hooks", ".git/objects", ".git/refs", "src"):
            os.makedirs(self.work + "/" + folder)
        for name, content in ((".git/HEAD", "ref: refs/heads/main\n"), (".git/config", ""), ("file", "untouched\n")):
            with open(self.work + "/" + name, "w") as file:
                file.write(content)
        self.policy = self.home + "/policy.json"
        with open(self.policy, "w") as file:
            file.write('{ "files": { "${workspace}/later.json": "read", "${workspace}/src/hooks/": "read" } }')
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "%d:%d" % (self.user.pw_uid, self.user.pw_gid), self.home], check=True)
        self.before = self.traces()

    def start(self, *command, run="next"):
        def prepare():
            if os.getuid() == 0 and self.user.pw_uid != 0:
                os.setgroups([])
                os.setgid(self.user.pw_gid)
                os.setuid(self.user.pw_uid)

        environment = dict([TAG.split("=")], KILL_LAUNCHER_RUN=run, PATH="/usr/bin:/bin", HOME=self.home)
        return subprocess.Popen([self.cordon, "run", "--policy", self.policy, "--", *command], env=environment,
                                cwd=self.work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, start_new_session=True, preexec_fn=prepare)

    def processes(self, run):
        """Everything that the run has started, whatever it has become; zombies aside."""
        found = []
        mark = b"KILL_LAUNCHER_RUN=" + run.encode()
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % number, "rb") as file:
                    variables = file.read().split(b"\0")
                    if TAG.encode() in variables and mark in variables:
                        found.append(int(number))
            except OSError:
                pass
        return found

    def files(self):
        found = set()
        for folder, folders, files in os.walk(self.home):
            for name in folders + files:
                path = os.path.join(folder, name)
                # The state's folders may stay, empty; caches are there to stay; and what the command makes is its own.
                if path.startswith((self.home + "/.local/state/cordon/caches/",
                                    self.home + "/.local/state/cordon/runs")) or path == self.work + "/begun":
                    continue
                if path.startswith(self.home + "/.local") and os.path.isdir(path) and not os.path.islink(path):
                    continue
                found.add(path)
        return found

    def mounts(self):
        with open("/proc/self/mountinfo") as file:
            return {line for line in file if self.scratch in line}

    def traces(self):
        return self.files() | self.mounts()


def describe(process):
    told = []
    for name in ("cmdline", "stat", "wchan"):
        try:
            with open("/proc/%d/%s" % (process, name), "rb") as file:
                told.append(file.read().replace(b"\0", b" ")[:120].decode("utf-8", "replace"))
        except OSError as error:
            told.append(error.strerror)
    return ", ".join(told)


class Test:
    def __init__(self, world, name, seed):
        self.world = world
        self.name = name
        self.chance = random.Random(seed)
        self.left = collections.Counter()
        self.latest_death = 0.0
        self.faults = []

    def wait_until_dead(self, run):
        """Seconds until no process of the run is left; None when that takes too long."""
        begun = time.monotonic()
        while self.world.processes(run):
            if time.monotonic() - begun > DIES_WITHIN + GRACE:
                return None
            time.sleep(0.005)
        return time.monotonic() - begun

    def moment(self, length):
        """Half of them while the run is set up, which takes a few milliseconds."""
        return self.chance.choice((self.chance.uniform(0, 0.012), self.chance.uniform(0, length)))

    def kill_one(self, number):
        world = self.world
        with_group = number % 3 == 2
        companion = self.start_companion() if number % 5 == 4 else None
        length, command = self.chance.choice((
            (0.08, ": >begun; (setsid sleep 30 &) ; sleep 30"),
            (0.03, ": >begun"),
        ))
        run = world.start("sh", "-c", command, run=str(number))
        time.sleep(self.moment(length))
        # Not reaped before, so the number is nobody else's.
        (os.killpg if with_group else os.kill)(run.pid, signal.SIGKILL)
        at_once = {"placeholder" if "/.local/" not in path else "file in the state"
                   for path in world.files() - world.before}
        run.communicate()
        died = self.wait_until_dead(str(number))
        if died is None:
            for process in world.processes(str(number)):
                self.faults.append("kill %d of %s: a process is left: %s" % (number, run.pid, describe(process)))
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.latest_death = max(self.latest_death, died or 0)
        if companion:
            self.judge_companion(number, companion)
        self.note_left(number, at_once, with_group)
        self.judge_next(number)

    def note_left(self, number, at_once, with_group):
        world = self.world
        until = time.monotonic() + GRACE
        while world.traces() - world.before and time.monotonic() < until:
            time.sleep(0.01)
        kind = with_group, os.path.exists(world.work + "/begun")
        if kind[1]:
            os.unlink(world.work + "/begun")
        self.left[kind, "kills"] += 1
        for what in at_once:
            self.left[kind, what + " at once"] += 1
        later = world.traces() - world.before
        for what in {"placeholder" if world.work in path else "file in the state" if "/.local/" in path else "mount"
                     for path in later}:
            self.left[kind, what + " before the next start"] += 1

    def judge_next(self, number):
        world = self.world
        run = world.start("sh", "-c", "cat file")
        error = run.communicate()[1]
        if run.returncode != 0:
            self.faults.append("kill %d: the next run ends with %d: %r" % (number, run.returncode, error))
        self.wait_until_dead("next")
        until = time.monotonic() + GRACE
        while world.traces() - world.before and time.monotonic() < until:
            time.sleep(0.01)
        left = sorted(world.traces() - world.before)
        if left:
            self.faults.append("kill %d: left after the next run: %s" % (number, left[:4]))
            for path in left:  # one fault is not to be counted a hundred times
                if path.startswith(world.home) and os.path.lexists(path):
                    (os.rmdir if os.path.isdir(path) else os.unlink)(path)
        gone = sorted(world.before - world.traces())
        if gone:
            self.faults.append("kill %d: gone: %s" % (number, gone[:4]))

    def start_companion(self):
        """Another run in the same workspace, which tries again and again what must not be possible."""
        world = self.world
        companion = world.start("sh", "-c", "until [ -e stop ]; do for name in .git/commondir later.json src/hooks/x; do "
                                "(echo evil >$name) 2>/dev/null && echo $name >>broken; done; sleep 0.005; done; rm stop",
                                run="companion")
        until = time.monotonic() + 5
        while not os.path.exists(world.work + "/.git/commondir") and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(0.05)
        return companion

    def judge_companion(self, number, companion):
        world = self.world
        time.sleep(0.1)
        held = os.path.exists(world.work + "/.git/commondir")
        with open(world.work + "/stop", "w"):
            pass
        try:
            error = companion.communicate(timeout=10)[1]
        except subprocess.TimeoutExpired:
            companion.kill()
            error = companion.communicate()[1]
        broken = world.work + "/broken"
        if os.path.exists(broken):
            with open(broken) as file:
                self.faults.append("kill %d: the other run wrote %s" % (number, file.read().split()[0]))
            os.unlink(broken)
        elif not held or companion.returncode != 0:
            self.faults.append("kill %d: the other run: status %d, held %s: %r" %
                               (number, companion.returncode, held, error))
        if os.path.exists(world.work + "/stop"):
            os.unlink(world.work + "/stop")

    def run(self, kills):
        for number in range(kills):
            self.kill_one(number)
        for with_group in (False, True):
            for has_begun in (False, True):
                told = ["%s in %d" % (what, count) for (kind, what), count in sorted(self.left.items())
                        if kind == (with_group, has_begun) and what != "kills"]
                print("# as %s, %d kills of %s %s the command began: %s" %
                      (self.name, self.left[(with_group, has_begun), "kills"],
                       "its whole process group" if with_group else "cordon alone", "after" if has_begun else "before",
                       ", ".join(told) or "nothing left"))
        print("# as %s: the tree was gone after at most %.0f ms" % (self.name, self.latest_death * 1000))


def main():
    program = sys.argv[1]
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    print("# seed %d" % seed)
    users = [pwd.getpwuid(os.getuid()).pw_name]
    failed = 0
    if os.getuid() == 0 and any(entry.pw_name == "cordon-test" for entry in pwd.getpwall()):
        users.append("cordon-test")
    for number, user in enumerate(users):
        world = World(program, user)
        test = Test(world, user, seed + number)
        try:
            test.run(kills)
        finally:
            shutil.rmtree(world.scratch, ignore_errors=True)
        failed += bool(test.faults)
        print("%sok %d - %d kills as %s" % ("not " if test.faults else "", number + 1, kills, user))
        for fault in test.faults[:10]:
            print("# " + fault)
        sys.stdout.flush()
    print("1..%d" % len(users))
    print("%d passed, %d failed, 0 skipped" % (len(users) - failed, failed))
    return 1 if failed else 0


sys.exit(main())
