/* ipc, hazard 68: a key in the session keyring that the command inherits, and in the user's.
 * plant: seccomp
 */
#include <linux/keyctl.h>

#include "attempt.h"

void launch(char **command)
{
	/* A session keyring of its own, so that nothing stays in the user's. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	syscall(SYS_add_key, "user", "cordon-verify", secret, strlen(secret), KEY_SPEC_SESSION_KEYRING);
	exit(run(command));
}

void act(void)
{
	char text[256] = "";
	long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "cordon-verify", 0);
	if (key < 0)
		key = syscall(SYS_request_key, "user", "cordon-verify", NULL, 0);
	if (key < 0 || syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof text - 1) < 0) {
		perror("keyctl");
		return;
	}
	write_text(below("WORK", "loot"), text);
}

bool happened(void)
{
	return file_holds(below("WORK", "loot"), secret);
}
