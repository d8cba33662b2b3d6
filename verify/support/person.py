"""person.py COMMAND...: a person at a terminal, who does what the script on standard input says. There is a pty, a session on it
with a command or a shell, keys that are typed and a screen that is read.

	person = Person(command + ["shell"])             # or Person.shell(): an interactive bash with job control
	person.type("tty\r")
	person.see(r"/dev/pts/\\d+")
	person.settings()                                # of the terminal, as they are now
	person.end()                                     # the exit status

`command` are the program's own arguments: for an attempt, what is to be launched.
Every wait has an end: what is not seen in time ends the script with status 1 and says what was on the screen. The last line is
"all seen" when all is well.
"""
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import sys
import termios
import time


command = sys.argv[1:]


class Unseen(Exception):
	pass


class Person:
	def __init__(self, command, rows=30, columns=100, streams=(None, None, None), environment=None):
		self.master, self.slave = pty.openpty()
		self.resize(rows, columns)
		self.screen = bytearray()
		self.given = self.settings()
		self.status = None
		self.pid = os.fork()
		if self.pid == 0:
			try:
				os.setsid()
				fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
				for number, stream in enumerate(streams):
					os.dup2(self.slave if stream is None else stream, number)
				os.closerange(3, 256)
				signal.signal(signal.SIGPIPE, signal.SIG_DFL)
				os.execvpe(command[0], command, environment or os.environ)
			finally:
				os._exit(127)

	@classmethod
	def shell(cls, **options):
		person = cls(["bash", "--norc", "--noprofile", "-i"], environment=dict(os.environ, PS1="outer$ ",
			HISTFILE="", PROMPT_COMMAND=""), **options)
		person.see(r"outer\$ ")
		person.given = person.settings()
		return person

	def resize(self, rows, columns):
		fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

	def settings(self):
		"""What tcgetattr says, without what only tells how the terminal is served."""
		return termios.tcgetattr(self.slave)

	def is_raw(self):
		return not self.settings()[3] & (termios.ICANON | termios.ECHO | termios.ISIG)

	def listen(self, seconds):
		"""Takes what is printed; False when nothing came or nobody prints any more."""
		if not select.select([self.master], [], [], seconds)[0]:
			return False
		try:
			part = os.read(self.master, 65536)
		except OSError:
			return False
		self.screen += part
		return bool(part)

	def clear(self):
		self.screen = bytearray()

	def see(self, pattern, seconds=10):
		"""Waits for the pattern, and forgets the screen up to its end."""
		until = time.monotonic() + seconds
		while True:
			found = re.search(pattern.encode(), self.screen)
			if found:
				del self.screen[:found.end()]
				return found
			left = until - time.monotonic()
			if left <= 0:
				raise Unseen("not seen in time: %s; on the screen: %r" % (pattern, bytes(self.screen[-600:])))
			self.listen(min(left, 0.2))

	def type(self, text):
		data = text.encode() if isinstance(text, str) else text
		while data:
			_, ready, _ = select.select([], [self.master], [], 10)
			if not ready:
				raise Unseen("the terminal takes nothing any more")
			data = data[os.write(self.master, data[:512]):]
			self.listen(0)

	def see_at_prompt(self, pattern, seconds=10):
		"""The same for what a shell says of its jobs only before its next prompt."""
		until = time.monotonic() + seconds
		while True:
			self.type("\r")
			try:
				return self.see(pattern, 0.5)
			except Unseen:
				if time.monotonic() > until:
					raise

	def wait(self, what, condition, seconds=10):
		until = time.monotonic() + seconds
		while not condition():
			if time.monotonic() > until:
				raise Unseen("did not happen in time: %s; on the screen: %r" % (what, bytes(self.screen[-600:])))
			self.listen(0.02)

	def is_over(self):
		if self.status is None:
			pid, status = os.waitpid(self.pid, os.WNOHANG)
			if pid:
				self.status = os.waitstatus_to_exitcode(status)
		return self.status is not None

	def end(self, seconds=15):
		"""Waits until the command has ended and everything is printed. Negative: by that signal."""
		self.wait("the end of the command", self.is_over, seconds)
		while self.listen(0.05):
			pass
		return self.status

	def signal(self, number):
		os.kill(self.pid, number)

	def hang_up(self):
		os.close(self.slave)
		os.close(self.master)


def check(what, holds):
	if not holds:
		raise Unseen("wrong: %s" % (what,))


def child_of(pid):
	with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
		return int(children.read().split()[0])


if __name__ == "__main__":
	try:
		exec(compile(sys.stdin.read(), "script", "exec"))
	except Unseen as unseen:
		line = unseen.__traceback__.tb_next.tb_lineno
		print("line %d: %s" % (line, unseen))
		sys.exit(1)
	print("all seen")
