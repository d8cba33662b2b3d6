#include "network/gate/gate.h"

#include <string.h>

bool address_take(const struct sockaddr *place, struct address *ret_address)
{
	struct address address = { 0 };
	if (place->sa_family == AF_INET) {
		address.length = 4;
		memcpy(address.bytes, &((const struct sockaddr_in *)place)->sin_addr, 4);
	} else if (place->sa_family == AF_INET6) {
		address.length = 16;
		memcpy(address.bytes, &((const struct sockaddr_in6 *)place)->sin6_addr, 16);
	} else {
		return false;
	}
	*ret_address = address;
	return true;
}

socklen_t address_give(const struct address *address, uint16_t port, struct sockaddr_storage *ret_place)
{
	memset(ret_place, 0, sizeof *ret_place);
	if (address->length == 4) {
		struct sockaddr_in *four = (struct sockaddr_in *)ret_place;
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, address->bytes, 4);
		return sizeof *four;
	}
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_place;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, address->bytes, 16);
	return sizeof *six;
}
