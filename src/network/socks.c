#include "network/socks.h"

#include <string.h>

enum { COMMAND_CONNECT = 1, TYPE_IPV4 = 1, TYPE_NAME = 3, TYPE_IPV6 = 4 };

enum reading socks_read_greeting(const uint8_t *bytes, size_t length, size_t *ret_used,
				 struct socks_methods *ret_methods)
{
	if (length > 0 && bytes[0] != SOCKS_VERSION)
		return READING_BAD;
	if (length < 2)
		return READING_MORE;
	size_t methods = bytes[1];
	if (methods == 0)
		return READING_BAD;
	if (length < 2 + methods)
		return READING_MORE;
	*ret_used = 2 + methods;
	ret_methods->is_open = memchr(bytes + 2, SOCKS_OPEN, methods) != NULL;
	ret_methods->has_password = memchr(bytes + 2, SOCKS_PASSWORD, methods) != NULL;
	return READING_DONE;
}

/* VERSION, and for each of both a length and so many bytes; neither is empty. */
enum reading socks_read_password(const uint8_t *bytes, size_t length, size_t *ret_used,
				 struct socks_password *ret_password)
{
	enum { PASSWORD_VERSION = 1 };
	struct socks_password said;
	if (length > 0 && bytes[0] != PASSWORD_VERSION)
		return READING_BAD;
	if (length < 2)
		return READING_MORE;
	said.user = bytes + 2;
	said.user_length = bytes[1];
	if (said.user_length == 0)
		return READING_BAD;
	if (length < 3 + said.user_length)
		return READING_MORE;
	said.password = said.user + said.user_length + 1;
	said.password_length = said.password[-1];
	if (said.password_length == 0)
		return READING_BAD;
	if (length < 3 + said.user_length + said.password_length)
		return READING_MORE;
	*ret_used = 3 + said.user_length + said.password_length;
	*ret_password = said;
	return READING_DONE;
}

/* Returns how many bytes the address takes, 0 for a type that does not exist. */
static size_t address_size(const uint8_t *bytes)
{
	switch (bytes[3]) {
	case TYPE_IPV4:
		return 4;
	case TYPE_IPV6:
		return 16;
	case TYPE_NAME:
		return 1 + (size_t)bytes[4];
	default:
		return 0;
	}
}

/* A name is read whole, whatever is in it: one with a NUL is no name, and not the part before it. */
static bool read_host(const uint8_t *bytes, size_t size, struct host *host)
{
	if (bytes[3] == TYPE_NAME)
		return host_read((const char *)bytes + 5, size - 1, host);
	*host = (struct host){ .address.length = (uint8_t)size };
	memcpy(host->address.bytes, bytes + 4, size);
	return true;
}

enum reading socks_read_request(const uint8_t *bytes, size_t length, size_t *ret_used, struct target *ret_target,
				enum socks_reply *ret_reply)
{
	if (length > 0 && bytes[0] != SOCKS_VERSION)
		return READING_BAD;
	if (length > 2 && bytes[2] != 0)
		return READING_BAD;
	if (length < 5)
		return READING_MORE;
	size_t size = address_size(bytes);
	if (size == 0) {
		*ret_used = length;
		*ret_reply = SOCKS_NO_SUCH_ADDRESS;
		return READING_DONE;
	}
	if (length < 4 + size + 2)
		return READING_MORE;
	*ret_used = 4 + size + 2;
	ret_target->port = (uint16_t)(bytes[4 + size] << 8 | bytes[5 + size]);
	if (bytes[1] != COMMAND_CONNECT)
		*ret_reply = SOCKS_NO_SUCH_COMMAND;
	else if (ret_target->port == 0 || !read_host(bytes, size, &ret_target->host))
		*ret_reply = SOCKS_REFUSED;
	else
		*ret_reply = SOCKS_FINE;
	return READING_DONE;
}

void socks_write_reply(enum socks_reply reply, uint8_t ret_bytes[SOCKS_REPLY_SIZE])
{
	memset(ret_bytes, 0, SOCKS_REPLY_SIZE);
	ret_bytes[0] = SOCKS_VERSION;
	ret_bytes[1] = (uint8_t)reply;
	ret_bytes[3] = TYPE_IPV4;
}
