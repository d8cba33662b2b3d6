/* hammer: inside the cordon, tries without a pause to write to protected names and to read hidden ones.
 *
 *	hammer UNTIL LOOT HIDDEN... -- PROTECTED...
 *
 * Ends when the file UNTIL exists. What it reads from a HIDDEN file goes to LOOT; to what it can open or make under a PROTECTED
 * name it writes "evil".
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_to(int file)
{
	if (file < 0)
		return;
	if (write(file, "evil\n", 5) != 5)
		perror("write");
	close(file);
}

static void hit(const char *name)
{
	char inner[4096];
	write_to(open(name, O_WRONLY | O_APPEND | O_CREAT, 0644));
	snprintf(inner, sizeof inner, "%s/evil", name);
	write_to(open(inner, O_WRONLY | O_CREAT, 0644));
	write_to(open("prepared", O_WRONLY | O_CREAT, 0644));
	rename("prepared", name);
	if (mkdir("prepared-folder", 0755) == 0)
		write_to(open("prepared-folder/evil", O_WRONLY | O_CREAT, 0644));
	rename("prepared-folder", name);
}

static void look(const char *name, const char *loot)
{
	char bytes[256];
	int file = open(name, O_RDONLY);
	ssize_t length = file < 0 ? 0 : read(file, bytes, sizeof bytes);
	if (file >= 0)
		close(file);
	if (length <= 0)
		return;
	int out = open(loot, O_WRONLY | O_APPEND | O_CREAT, 0644);
	if (out >= 0 && write(out, bytes, (size_t)length) != length)
		perror("write");
	if (out >= 0)
		close(out);
}

int main(int argc, char **argv)
{
	int split = 3;
	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	if (split >= argc)
		return 2;
	pid_t reader = fork();
	if (reader < 0)
		return 2;
	for (unsigned long round = 0; access(argv[1], F_OK) != 0; round++) {
		for (int i = reader ? split + 1 : 3; i < (reader ? argc : split); i++) {
			if (reader)
				hit(argv[i]);
			else
				look(argv[i], argv[2]);
		}
	}
	if (reader)
		waitpid(reader, NULL, 0);
	return 0;
}
