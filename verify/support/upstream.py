#!/usr/bin/python3
"""upstream.py PORT LOG READY TO: a company's proxy: CONNECT and absolute-form, for whoever knows the password `person:hush`. It goes
to the address TO, whatever the name; to TRACE it answers itself. A request is a line in LOG; READY appears when it listens."""
import base64
import socket
import sys
import threading

port, log, ready, to = int(sys.argv[1]), open(sys.argv[2], "a", buffering=1), sys.argv[3], sys.argv[4]
password = "Basic " + base64.b64encode(b"person:hush").decode()


def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(65536)
        if not data:
            return
        head += data
    head, rest = head.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ")
    knows = any(line.lower() == "proxy-authorization: " + password.lower() for line in lines)
    log.write("%s %s %s\n" % (method, target, "knows" if knows else "stranger"))
    if not knows:
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        client.close()
        return
    if method == "TRACE":
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(head), head))
        client.close()
        return
    place = target if method == "CONNECT" else target.split("/")[2]
    server = socket.create_connection((to, int(place.rsplit(":", 1)[1]) if ":" in place else 80))
    if method == "CONNECT":
        client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
    else:
        path = "/" + target.split("/", 3)[3]
        kept = [line for line in lines[1:] if not line.lower().startswith("proxy-")]
        server.sendall(("\r\n".join(["%s %s HTTP/1.1" % (method, path)] + kept) + "\r\n\r\n").encode())
    server.sendall(rest)
    threading.Thread(target=pass_on, args=(client, server), daemon=True).start()
    pass_on(server, client)


listener = socket.create_server(("127.0.0.1", port))
open(ready, "w").write("yes\n")
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
