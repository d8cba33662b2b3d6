/* ipc, hazard 68: a POSIX message queue of the user's other programs.
 * plant: namespaces.ipc+landlock
 * fallback plant: shared+landlock
 */
#include <mqueue.h>

#include "attempt.h"

static const char *name(void)
{
	static char text[64];
	snprintf(text, sizeof text, "/%s", getenv("TAG"));
	return text;
}

void prepare(void)
{
	if (mq_open(name(), O_RDWR | O_CREAT, 0600, NULL) < 0)
		skip("this host has no POSIX message queues");
}

void act(void)
{
	mqd_t queue = mq_open(name(), O_WRONLY);
	if (queue < 0 || mq_send(queue, "evil", 4, 0) != 0)
		perror("mq_send");
}

bool happened(void)
{
	struct mq_attr attributes = { 0 };
	mq_getattr(mq_open(name(), O_RDONLY), &attributes);
	return attributes.mq_curmsgs > 0;
}

void clean(void)
{
	mq_unlink(name());
}
