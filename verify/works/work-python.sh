#!/bin/sh
# Python as people use it: venv, pip from a local wheel, sqlite, threads, processes, asyncio, time zones, locales.
# same: output
# fallback: no semaphores are shared memory
prepare() {
	[ -x /usr/bin/python3 ] || skip "python3 is not installed"
	/usr/bin/python3 -c "import venv, sqlite3" 2>/dev/null || skip "python3-venv is not installed"
	# Debian's pip for new environments; one with a pip of its own takes seconds to make
	ls /usr/share/python-wheels/pip-*.whl >pip 2>/dev/null || skip "python3-pip-whl is not installed"
	mkdir wheels
	/usr/bin/python3 - <<-END
		import zipfile
		with zipfile.ZipFile("wheels/hello-1.0-py3-none-any.whl", "w") as wheel:
		    info = "hello-1.0.dist-info/"
		    wheel.writestr("hello.py", "def main():\n    print('hello from a wheel')\n")
		    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n")
		    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
		    wheel.writestr(info + "entry_points.txt", "[console_scripts]\nhello = hello:main\n")
		    wheel.writestr(info + "RECORD", "")
	END
	cat >many.py <<-'END'
		import asyncio, concurrent.futures, ctypes, hashlib, locale, multiprocessing, os, sqlite3, subprocess, tempfile
		import threading, zoneinfo, datetime
		def square(number):
		    return number * number
		async def talk():
		    async def answer(reader, writer):
		        writer.write((await reader.readline()).upper())
		        await writer.drain()
		        writer.close()
		    server = await asyncio.start_server(answer, "127.0.0.1", 0)
		    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
		    writer.write(b"asyncio\n")
		    print(await reader.readline())
		    server.close()
		if __name__ == "__main__":
		    with multiprocessing.Pool(4) as pool:
		        print(sum(pool.map(square, range(100))))
		    with concurrent.futures.ThreadPoolExecutor(50) as threads:
		        print(sum(threads.map(square, range(1000))))
		    base = sqlite3.connect("base.db")
		    base.execute("pragma journal_mode=wal")
		    base.execute("create table t (a)")
		    base.executemany("insert into t values (?)", [(i,) for i in range(1000)])
		    base.commit()
		    print(base.execute("select sum(a) from t").fetchone())
		    asyncio.run(talk())
		    print(subprocess.run(["sh", "-c", "exit 7"]).returncode, subprocess.check_output(["echo", "child"]))
		    queue = multiprocessing.Queue()
		    child = multiprocessing.Process(target=queue.put, args=("through a queue",))
		    child.start()
		    print(queue.get())
		    child.join()
		    with tempfile.NamedTemporaryFile() as file:
		        file.write(b"x" * 100000)
		        print(os.path.getsize(file.name) <= 100000)
		    print(datetime.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).isoformat())
		    print(locale.setlocale(locale.LC_ALL, "C.UTF-8"), "äöü".upper(), ctypes.CDLL(None).abs(-5))
		    print(hashlib.sha256(b"x").hexdigest()[:8], os.cpu_count() > 0, threading.active_count())
	END
}

act() {
	set -e
	/usr/bin/python3 -m venv --without-pip venv
	venv/bin/python "$(cat pip)/pip" install --disable-pip-version-check --no-index --find-links wheels hello 2>&1 |
		grep installed
	venv/bin/hello
	/usr/bin/python3 many.py
	/usr/bin/python3 -c 'import sys; sys.exit(3)'
}

worked() {
	grep -q '^hello from a wheel' "$WORLD/output" && grep -q '^328350$' "$WORLD/output" && grep -q '^status=3' "$WORLD/seen"
}

. "$VERIFY/attempt.sh"
