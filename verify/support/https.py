#!/usr/bin/python3
"""https.py FOLDER CERTIFICATE KEY READY: serves the folder over HTTPS on port 443 of every address."""
import functools
import http.server
import ssl
import sys

folder, certificate, key, ready = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
server = http.server.ThreadingHTTPServer(("", 443), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
open(ready, "w").write("yes\n")
server.serve_forever()
