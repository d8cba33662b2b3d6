#!/bin/sh
# net.filtered: what programs of many makers know of a network, none of them of a proxy: each reaches the host that is allowed, and
# learns of the other at once that there is none; the report has its name.
# run: --net filtered --allow allowed.test:80 --report "$WORLD/report.json"
prepare() {
	prepare_internet
	cat >Client.java <<-'END'
		import java.net.URI;
		import java.net.http.*;
		public class Client {
			public static void main(String[] arguments) throws Exception {
				var client = HttpClient.newHttpClient();
				var request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
				System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
			}
		}
	END
	cat >client.go <<-'END'
		package main
		import ("fmt"; "io"; "net/http"; "os")
		func main() {
			answer, err := http.Get(os.Args[1])
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			page, _ := io.ReadAll(answer.Body)
			fmt.Println(string(page))
		}
	END
	for client in curl wget node perl python3; do
		! command -v $client >/dev/null || echo $client
	done >clients
	! javac Client.java 2>/dev/null || echo java >>clients
	! CGO_ENABLED=0 GOCACHE="$OUTSIDE/cache" go build -o client client.go 2>/dev/null || echo go >>clients
	! musl-gcc -static -o dial "$VERIFY/dial.c" 2>/dev/null || echo musl >>clients
	cp clients "$OUTSIDE/clients"
}

ask() { # CLIENT HOST PATH
	case $1 in
	curl) curl -sS -m 20 "http://$2/$3" ;;
	wget) wget -q -T 20 -t 1 -O - "http://$2/$3" ;;
	python3) python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=20).read())' "http://$2/$3" ;;
	node) node -e 'fetch(process.argv[1]).then(r => r.text()).then(console.log)' "http://$2/$3" ;;
	perl) perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("$ARGV[0]:80") or exit 1;
		print $s "GET /$ARGV[1] HTTP/1.0\r\nHost: $ARGV[0]\r\n\r\n"; print scalar <$s>' "$2" "$3" ;;
	java) java Client "http://$2/$3" ;;
	go) ./client "http://$2/$3" ;;
	musl) ./dial "$2" 80 "/$3" ;;
	esac
}

act() {
	unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
	while read -r client; do
		ask "$client" allowed.test "allowed-$client"
		began=$(date +%s%N)
		ask "$client" other.test "refused-$client" && echo "$client" >>succeeded
		echo "$client $((($(date +%s%N) - began) / 1000000))" >>took
	done <clients 2>/dev/null
}

happened() {
	heard "GET /refused"
}

# Ten seconds are a virtual machine's start and much more; who waits for an answer that never comes waits longer.
worked() {
	while read -r client; do
		heard "GET /allowed-$client " || {
			echo "$client did not get there"
			return 1
		}
		[ "$SIDE" = bare ] || awk -v client="$client" '$1 == client && $2 < 10000 { is_fast = 1 } END { exit !is_fast }' \
			"$WORK/took" || {
			echo "$client waited"
			return 1
		}
	done <"$OUTSIDE/clients"
	[ "$SIDE" = bare ] || grep -q '"target": *"other.test' "$WORLD/report.json"
}

. "$VERIFY/internet.sh"
