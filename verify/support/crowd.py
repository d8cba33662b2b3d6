#!/usr/bin/python3
"""crowd.py serve READY: a server of lines on port 8080, as many clients as come: "echo TEXT", or "much" for 16 MiB.
crowd.py watch COMMAND...: runs it; a line "PEAK_KIB PROCESSES THREADS" of the gates that were seen below it.
crowd.py come HOST: the crowd, with a line for each thing that went as it should."""
import asyncio
import os
import resource
import socket
import subprocess
import sys
import time

PORT, AT_ONCE, ALL = 8080, 1000, 10000


async def answer(reader, writer):
    try:
        while line := await reader.readline():
            if line.startswith(b"much"):
                for _ in range(256):
                    writer.write(bytes(65536))
                    await writer.drain()
                break
            writer.write(line)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def serve(ready):
    server = await asyncio.start_server(answer, "", PORT, backlog=4096)
    open(ready, "w").write("yes")
    await server.serve_forever()


def gates_below(parent):
    """(pid, peak, threads) of each."""
    parents, found = {}, []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            status = dict(line.split(":", 1) for line in open("/proc/%s/status" % name))
        except (OSError, ValueError):
            continue
        parents[name] = status["PPid"].strip()
        if status["Name"].strip() == "cordon-gate" and "VmHWM" in status:
            found.append((name, int(status["VmHWM"].split()[0]), int(status["Threads"])))
    def is_below(name):
        while name in parents and name != str(parent):
            name = parents[name]
        return name == str(parent)
    return [gate for gate in found if is_below(gate[0])]


def watch(words):
    with subprocess.Popen(words) as process:
        peak, count, threads = 0, 0, 0
        while process.poll() is None:
            gates = gates_below(process.pid)
            peak = max([peak] + [gate[1] for gate in gates])
            count = max(count, len(gates))
            threads = max([threads] + [gate[2] for gate in gates])
            time.sleep(0.05)
        print(peak, count, threads)
        sys.exit(process.returncode)


async def echo(reader, writer, text):
    writer.write(b"echo %s\n" % text)
    await writer.drain()
    line = await asyncio.wait_for(reader.readline(), 60)
    if line != b"echo %s\n" % text:
        raise OSError("not what was sent: %r" % line)


async def one(host, number, turn):
    async with turn:
        reader, writer = await asyncio.open_connection(host, PORT)
        await echo(reader, writer, b"visitor %d" % number)
        writer.close()


def stuck(host, port, said, count):
    """Connections on which nothing goes on."""
    made = []
    for _ in range(count):
        connection = socket.create_connection((host, port), timeout=30)
        connection.sendall(said)
        made.append(connection)
    return made


async def come(host):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 8192), hard), hard))
    turn = asyncio.Semaphore(200)
    await asyncio.gather(*(one(host, number, turn) for number in range(ALL)))
    print(ALL, "came", flush=True)

    pairs = await asyncio.gather(*(asyncio.open_connection(host, PORT) for _ in range(AT_ONCE)))
    for _ in range(3):
        await asyncio.gather(*(echo(*pair, b"all at once") for pair in pairs))
    print(len(pairs), "at once", flush=True)

    held = stuck(host, PORT, b"much\n", 300) # and nobody reads
    if os.environ.get("http_proxy"):
        held += stuck("198.18.0.1", 3128, b"CONNECT allowed.test:80", 300)
        held += stuck("198.18.0.1", 3128, b"\x05", 300)
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(20000):
        question = b"ab\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07n%06d\x04test\x00\x00\x01\x00\x01" % number
        try:
            asker.sendto(question, ("198.18.0.1", 53))
        except OSError:
            pass
    began = time.monotonic()
    reader, writer = await asyncio.open_connection(host, PORT)
    await echo(reader, writer, b"still here")
    print("%d stuck, a new one took %d ms" % (len(held), (time.monotonic() - began) * 1000), flush=True)
    print("done", flush=True)


if sys.argv[1] == "serve":
    asyncio.run(serve(sys.argv[2]))
elif sys.argv[1] == "watch":
    watch(sys.argv[2:])
else:
    asyncio.run(come(sys.argv[2]))
