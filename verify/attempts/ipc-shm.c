/* ipc, hazard 68: a SysV shared memory segment of the user's other programs, and a message queue.
 * plant: namespaces.ipc
 * fallback plant: shared
 */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/shm.h>

#include "attempt.h"

static key_t key(void)
{
	return ftok(getenv("OUTSIDE"), 1);
}

void prepare(void)
{
	int segment = shmget(key(), 4096, IPC_CREAT | 0600);
	if (segment < 0 || msgget(key(), IPC_CREAT | 0600) < 0)
		skip("this host has no SysV IPC");
	char *memory = shmat(segment, NULL, 0);
	strcpy(memory, "untouched");
}

void act(void)
{
	struct {
		long type;
		char text[8];
	} message = { 1, "evil" };
	char *memory = shmat(shmget(key(), 0, 0), NULL, 0);
	if (memory == (void *)-1)
		perror("shmat");
	else
		strcpy(memory, "evil");
	if (msgsnd(msgget(key(), 0), &message, sizeof message.text, IPC_NOWAIT) != 0)
		perror("msgsnd");
}

bool happened(void)
{
	struct msqid_ds queue = { 0 };
	char *memory = shmat(shmget(key(), 0, 0), NULL, SHM_RDONLY);
	msgctl(msgget(key(), 0), IPC_STAT, &queue);
	return (memory != (void *)-1 && strcmp(memory, "untouched") != 0) || queue.msg_qnum > 0;
}

void clean(void)
{
	shmctl(shmget(key(), 0, 0), IPC_RMID, NULL);
	msgctl(msgget(key(), 0), IPC_RMID, NULL);
}
