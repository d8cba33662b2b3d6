#!/usr/bin/python3
"""world.py LOG READY: the servers of `internet`: TCP on these ports and DNS, on every address. What a client says is a line
"ADDRESS:PORT TEXT" in LOG, with its first line, the Host and the TLS server name; the answer is a page that names the
address. READY appears when all listen."""
import re
import socket
import sys
import threading

PORTS = (80, 81, 443, 8080, 5432)
log = open(sys.argv[1], "a", buffering=1)
lock = threading.Lock()


def note(place, text):
    with lock:
        log.write("%s:%d %s\n" % (place[0].replace("::ffff:", ""), place[1], text))


def server_name(data):
    """The name in a ClientHello, read carelessly, as a server that is wrong might."""
    found = re.search(rb"\x00\x00..(..)\x00(..)([a-zA-Z0-9.-]+)", data, re.S)
    return found.group(3).decode() if found else "-"


def talk(connection):
    place = connection.getsockname()
    note(place, "connected")
    connection.settimeout(10)
    rest = b""
    try:
        while True:
            data = connection.recv(65536)
            if not data:
                if rest:
                    note(place, "at last " + rest.split(b"\n")[0].decode("latin-1", "replace"))
                break
            while not rest and data[:2] == b"\x15\x03":  # an alert, which Go's server passes over
                data = data[5 + int.from_bytes(data[3:5], "big"):] or connection.recv(65536)
            if not rest and data[:2] == b"\x16\x03":
                note(place, "tls " + server_name(data))
                connection.sendall(b"\x15\x03\x01\x00\x02\x02\x28")
                break
            rest += data
            while b"\r\n\r\n" in rest:
                head, rest = rest.split(b"\r\n\r\n", 1)
                lines = head.decode("latin-1").split("\r\n")
                host = [line[5:].strip() for line in lines if line.lower().startswith("host:")]
                note(place, "%s host=%s" % (lines[0], ",".join(host)))
                page = ("page of %s\n" % place[0].replace("::ffff:", "")).encode()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page))
            if rest and b"HTTP/1." not in rest and b"\n" in rest:
                note(place, rest.split(b"\n")[0].decode("latin-1", "replace"))
                rest = b""
    except OSError:
        pass
    connection.close()


def serve(port):
    server = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=256)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


for number in PORTS:
    serve(number)
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("0.0.0.0", 53))
other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
other.bind(("0.0.0.0", 4433))


def hear(sock, port):
    while True:
        data, _ = sock.recvfrom(4096)
        note(("udp", port), re.sub(rb"[^a-zA-Z0-9.-]", b".", data).decode())


threading.Thread(target=hear, args=(other, 4433), daemon=True).start()
open(sys.argv[2], "w").write("yes\n")
hear(datagrams, 53)
