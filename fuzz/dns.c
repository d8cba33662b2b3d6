/* DNS questions: what is answered has its size, says the question, and is read back by a second reader. */
#include <string.h>

#include "fuzz.h"
#include "network/dns.h"

static void check_answer(const uint8_t *asked, const struct dns_query *query, const uint8_t *answer, size_t length)
{
	size_t question = query->question_end > 12 ? query->question_end - 12 : 0;
	FUZZ_CHECK(length >= 12 && length <= DNS_MESSAGE_SIZE);
	FUZZ_CHECK(memcmp(asked, answer, 2) == 0 && answer[2] & 0x80);
	FUZZ_CHECK(answer[5] == (question > 0) && answer[4] == 0 && length >= 12 + question);
	FUZZ_CHECK(memcmp(answer + 12, asked + 12, question) == 0);
	size_t at = 12 + question;
	for (int i = 0; i < answer[7]; i++) {
		FUZZ_CHECK(length - at >= 12);
		size_t size = (size_t)answer[at + 10] << 8 | answer[at + 11];
		FUZZ_CHECK((size == 4 || size == 16) && length - at - 12 >= size);
		at += 12 + size;
	}
	FUZZ_CHECK(at == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct address addresses[40];
	struct dns_query query;
	uint8_t answer[DNS_MESSAGE_SIZE];
	for (size_t i = 0; i < 40; i++)
		addresses[i] = (struct address){ i % 2 ? 16 : 4, { 1 } };
	if (!dns_read_query(bytes, length, &query))
		return 0;
	FUZZ_CHECK(query.question_end <= length && strlen(query.text) <= HOST_NAME_LENGTH);
	FUZZ_CHECK(strlen(query.host.name) <= HOST_NAME_LENGTH && (query.code != DNS_FINE || query.question_end));
	size_t size = dns_write_answer(bytes, &query, DNS_FINE, addresses, length % 41, answer);
	check_answer(bytes, &query, answer, size);
	size = dns_write_answer(bytes, &query, DNS_NO_SUCH_NAME, NULL, 0, answer);
	check_answer(bytes, &query, answer, size);
	FUZZ_CHECK((answer[3] & 0xf) == (query.code ? query.code : DNS_NO_SUCH_NAME));
	return 0;
}
