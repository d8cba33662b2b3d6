#include "network/dns.h"

#include <string.h>

enum { HEADER = 12, TIME_TO_LIVE = 60 };

static unsigned read_16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void write_16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Labels one after the other, as a text with dots. Returns where the name ends, 0 when it is none. */
static size_t read_name(const uint8_t *message, size_t length, struct dns_query *query)
{
	size_t at = HEADER, used = 0;
	bool has_dot = false; /* inside a label, where it is no separator */
	for (;;) {
		if (at >= length)
			return 0;
		size_t label = message[at++];
		if (label == 0)
			break;
		/* a pointer, or a label type that never came to be; the name with its lengths is at most 255 */
		if (label > HOST_LABEL_LENGTH || label > length - at || used + label + 1 > HOST_NAME_LENGTH + 1)
			return 0;
		for (size_t i = 0; i < label; i++) {
			uint8_t byte = message[at + i];
			has_dot |= byte == '.';
			query->text[used++] = byte > ' ' && byte < 0x7f ? (char)byte : '?';
		}
		query->text[used++] = '.';
		at += label;
	}
	query->text[used ? used - 1 : 0] = '\0';
	query->is_host = used && !has_dot && host_read_name(query->text, used - 1, query->host.name);
	return at;
}

/* What may follow the question: records without a name of their own, and nothing behind them. EDNS is one such record.
 */
static bool is_rest_sound(const uint8_t *message, size_t at, size_t length)
{
	unsigned records = read_16(message + 10);
	if (read_16(message + 6) || read_16(message + 8) || records > 1)
		return false;
	if (records == 0)
		return at == length;
	if (length - at < 11 || message[at] != 0)
		return false;
	return length - at - 11 == read_16(message + at + 9);
}

bool dns_read_query(const uint8_t *message, size_t length, struct dns_query *ret_query)
{
	struct dns_query query = { .code = DNS_MALFORMED };
	if (length < HEADER || message[2] & 0x80)
		return false;
	if ((message[2] >> 3 & 0xf) != 0) {
		query.code = DNS_NOT_IMPLEMENTED;
	} else if (read_16(message + 4) == 1) {
		size_t end = read_name(message, length, &query);
		if (end == 0) /* what was read of it has no end */
			query.text[0] = '\0';
		if (end && length - end >= 4 && end + 4 <= DNS_MESSAGE_SIZE) {
			query.type = (uint16_t)read_16(message + end);
			query.question_end = end + 4;
			if (read_16(message + end + 2) != DNS_CLASS_IN)
				query.code = DNS_REFUSED;
			else if (is_rest_sound(message, query.question_end, length))
				query.code = DNS_FINE;
		}
	}
	*ret_query = query;
	return true;
}

static size_t add_record(uint8_t *answer, size_t at, const struct dns_query *query, const struct address *address)
{
	write_16(answer + at, 0xc000 | HEADER); /* the question's name */
	write_16(answer + at + 2, query->type);
	write_16(answer + at + 4, DNS_CLASS_IN);
	write_16(answer + at + 6, 0);
	write_16(answer + at + 8, TIME_TO_LIVE);
	write_16(answer + at + 10, address->length);
	memcpy(answer + at + 12, address->bytes, address->length);
	return at + 12 + address->length;
}

size_t dns_write_answer(const uint8_t *message, const struct dns_query *query, enum dns_code code,
			const struct address *addresses, size_t count, uint8_t ret_answer[DNS_MESSAGE_SIZE])
{
	size_t at = query->question_end > HEADER ? query->question_end : HEADER;
	unsigned records = 0;
	if (query->code != DNS_FINE)
		code = query->code;
	memset(ret_answer, 0, HEADER);
	memcpy(ret_answer, message, 2);
	/* an answer, to the question's opcode, with its wish for recursion, which is available */
	ret_answer[2] = (uint8_t)(0x80 | (message[2] & 0x79));
	ret_answer[3] = (uint8_t)(0x80 | code);
	if (query->question_end > HEADER) {
		write_16(ret_answer + 4, 1);
		memcpy(ret_answer + HEADER, message + HEADER, query->question_end - HEADER);
	}
	for (size_t i = 0; code == DNS_FINE && i < count && at + 12 + addresses[i].length <= DNS_MESSAGE_SIZE; i++) {
		at = add_record(ret_answer, at, query, &addresses[i]);
		records++;
	}
	write_16(ret_answer + 6, records);
	return at;
}
