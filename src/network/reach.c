#include "network/reach.h"

/* The first range that the address lies in decides. */
static const struct {
	enum reach reach;
	uint8_t length;
	uint8_t bits;
	uint8_t bytes[16];
} ranges[] = {
	{ REACH_METADATA, 4, 32, { 169, 254, 169, 254 } }, /* AWS, Azure, Google, and most others */
	{ REACH_METADATA, 4, 32, { 169, 254, 170, 2 } },   /* AWS: a container's credentials */
	{ REACH_METADATA, 4, 32, { 169, 254, 170, 23 } },  /* AWS: a pod's */
	{ REACH_METADATA, 4, 32, { 169, 254, 0, 23 } },    /* Tencent */
	{ REACH_METADATA, 4, 32, { 169, 254, 42, 42 } },   /* Scaleway */
	{ REACH_METADATA, 4, 32, { 100, 100, 100, 200 } }, /* Alibaba */
	{ REACH_METADATA, 4, 32, { 168, 63, 129, 16 } },   /* Azure */
	{ REACH_METADATA, 4, 32, { 192, 0, 0, 192 } },     /* Oracle */
	{ REACH_LOOPBACK, 4, 8, { 127 } },
	{ REACH_PRIVATE, 4, 8, { 10 } },
	{ REACH_PRIVATE, 4, 12, { 172, 16 } },
	{ REACH_PRIVATE, 4, 16, { 192, 168 } },
	{ REACH_PRIVATE, 4, 10, { 100, 64 } }, /* carriers' and overlay networks' */
	{ REACH_LINK_LOCAL, 4, 16, { 169, 254 } },
	{ REACH_MULTICAST, 4, 4, { 224 } },
	{ REACH_RESERVED, 4, 8, { 0 } }, /* Linux takes 0.0.0.0 for this machine */
	{ REACH_RESERVED, 4, 24, { 192, 0, 0 } },
	{ REACH_RESERVED, 4, 24, { 192, 0, 2 } },
	{ REACH_TUNNEL, 4, 24, { 192, 88, 99 } }, /* 6to4 relays */
	{ REACH_RESERVED, 4, 15, { 198, 18 } },   /* benchmarks; ours inside */
	{ REACH_RESERVED, 4, 24, { 198, 51, 100 } },
	{ REACH_RESERVED, 4, 24, { 203, 0, 113 } },
	{ REACH_RESERVED, 4, 4, { 240 } }, /* and the broadcast address */
	{ REACH_GLOBAL, 4, 0, { 0 } },

	{ REACH_METADATA, 16, 32, { 0xfd, 0x00, 0x0e, 0xc2 } }, /* AWS: the machine's, a pod's */
	{ REACH_METADATA, 16, 128, { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 } },      /* Google */
	{ REACH_METADATA, 16, 128, { 0xfd, 0x00, 0x00, 0xc1, [12] = 0xa9, 0xfe, 0xa9, 0xfe } }, /* Oracle */
	{ REACH_METADATA, 16, 128, { 0xfd, 0x00, 0xa9, 0xfe, 0xa9, 0xfe, [15] = 1 } },          /* Akamai */
	{ REACH_METADATA, 16, 128, { 0xfd, 0x00, 0x00, 0x42, [15] = 0x42 } },                   /* Scaleway */
	{ REACH_METADATA, 16, 128, { 0xfd, 0x00, 0x01, 0x00, [12] = 0x01, 0x00, 0x02, 0x00 } }, /* Alibaba */
	{ REACH_METADATA, 16, 128, { 0xfe, 0x80, [12] = 0xa9, 0xfe, 0xa9, 0xfe } },             /* OpenStack */
	{ REACH_LOOPBACK, 16, 128, { [15] = 1 } },
	{ REACH_TUNNEL, 16, 96, { [10] = 0xff, [11] = 0xff } },     /* mapped */
	{ REACH_TUNNEL, 16, 96, { [8] = 0xff, [9] = 0xff } },       /* SIIT: ::ffff:0:a.b.c.d */
	{ REACH_RESERVED, 16, 128, { 0 } },                         /* unspecified */
	{ REACH_TUNNEL, 16, 96, { 0 } },                            /* compatible */
	{ REACH_TUNNEL, 16, 96, { 0x00, 0x64, 0xff, 0x9b } },       /* NAT64 */
	{ REACH_TUNNEL, 16, 48, { 0x00, 0x64, 0xff, 0x9b, 0, 1 } }, /* NAT64, local use */
	{ REACH_TUNNEL, 16, 16, { 0x20, 0x02 } },                   /* 6to4 */
	{ REACH_TUNNEL, 16, 32, { 0x20, 0x01, 0, 0 } },             /* Teredo */
	{ REACH_RESERVED, 16, 23, { 0x20, 0x01 } },                 /* IETF protocols: benchmarks, ORCHID */
	{ REACH_RESERVED, 16, 32, { 0x20, 0x01, 0x0d, 0xb8 } },     /* documentation */
	{ REACH_RESERVED, 16, 20, { 0x3f, 0xff } },                 /* documentation */
	{ REACH_GLOBAL, 16, 3, { 0x20 } },
	{ REACH_PRIVATE, 16, 7, { 0xfc } },
	{ REACH_LINK_LOCAL, 16, 10, { 0xfe, 0x80 } },
	{ REACH_PRIVATE, 16, 10, { 0xfe, 0xc0 } }, /* site-local */
	{ REACH_MULTICAST, 16, 8, { 0xff } },
};

enum reach reach_of(const struct address *address)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		struct address range = { .length = ranges[i].length };
		for (int j = 0; j < 16; j++)
			range.bytes[j] = ranges[i].bytes[j];
		if (address_shares(address, &range, ranges[i].bits))
			return ranges[i].reach;
	}
	return REACH_RESERVED;
}

const char *reach_name(enum reach reach)
{
	static const char *const names[] = {
		[REACH_GLOBAL] = "a public address",
		[REACH_LOOPBACK] = "this machine's loopback",
		[REACH_PRIVATE] = "a private address",
		[REACH_LINK_LOCAL] = "a link-local address",
		[REACH_METADATA] = "a cloud's metadata service",
		[REACH_MULTICAST] = "a multicast address",
		[REACH_TUNNEL] = "an address with another one inside",
		[REACH_RESERVED] = "a reserved address",
	};
	return names[reach];
}
