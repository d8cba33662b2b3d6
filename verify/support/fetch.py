#!/usr/bin/python3
"""fetch.py SECONDS ADDRESS PORT PATH: prints the page, asked for again until there is one or that many seconds are over; a
command that is only starting has no server yet."""
import http.client
import sys
import time

end = time.monotonic() + float(sys.argv[1])
while True:
    try:
        connection = http.client.HTTPConnection(sys.argv[2], int(sys.argv[3]), timeout=5)
        connection.request("GET", sys.argv[4])
        print(connection.getresponse().read().decode())
        break
    except (OSError, http.client.HTTPException) as error:
        if time.monotonic() >= end:
            print("no page:", error)
            break
        time.sleep(0.05)
