#!/bin/sh
# net.filtered: a server that breaks a connection on which nothing goes on is heard of, and so is a client that does.
# run: --net filtered --allow allowed.test:9000
launch() {
	# shellcheck disable=SC2016  # for the inner shell
	launch_in_internet sh -c '
		/usr/bin/python3 -c "
import socket, struct, threading
def serve(client):
    client.settimeout(20)
    word = client.recv(100)
    if word == b\"break\":
        client.sendall(b\"now\")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(\"ii\", 1, 0))
    else:
        try:
            word = client.recv(100) or b\"ended\"
        except OSError as error:
            word = str(error).encode()
        open(\"$WORLD/learnt\", \"wb\").write(word)
    client.close()
server = socket.create_server((\"\", 9000))
open(\"$WORLD/serving\", \"w\").write(\"yes\")
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
" &
		until [ -s "$WORLD/serving" ]; do
			sleep 0.05
		done
		"$@"
		status=$?
		tries=0
		until [ -s "$WORLD/learnt" ] || [ $tries = 100 ]; do
			tries=$((tries + 1))
			sleep 0.05
		done
		kill $!
		exit $status' sh "$@"
}

act() {
	/usr/bin/python3 -c '
import socket, struct
client = socket.create_connection(("allowed.test", 9000))
client.settimeout(10)
client.sendall(b"break")
assert client.recv(100) == b"now"
try:
    print(client.recv(100))
except ConnectionResetError:
    pass
client = socket.create_connection(("allowed.test", 9000))
client.sendall(b"stay")
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
open("learnt", "w").write("yes")'
}

worked() {
	[ -s "$WORK/learnt" ] && [ -s "$WORLD/learnt" ]
}

. "$VERIFY/internet.sh"
