#!/usr/bin/python3
"""client.py HOST PORT FILE...: connects, sends what each FILE holds and waits for some answer after it, where that is
anything."""
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
connection = socket.create_connection((host, port), timeout=5)
for name in sys.argv[3:]:
    request = open(name, "rb").read()
    if request:
        connection.sendall(request)
        connection.settimeout(3)
        print(connection.recv(4096))
