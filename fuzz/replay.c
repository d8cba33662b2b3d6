/* fuzz/replay.c: puts stored inputs to a fuzz target, once each: replay FILE-OR-FOLDER... Where libFuzzer is not
 * linked.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static unsigned count;

/* In a block of exactly its size, so that a read beyond it is seen. */
static int replay(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)place;
	if (type != FTW_F)
		return type == FTW_D ? 0 : -1;
	size_t length = (size_t)status->st_size;
	uint8_t *bytes = malloc(length ? length : 1);
	FILE *file = fopen(path, "rb");
	if (!bytes || !file || fread(bytes, 1, length, file) != length) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	fclose(file);
	fprintf(stderr, "%s\n", path); /* the last one named is the one that failed */
	LLVMFuzzerTestOneInput(bytes, length);
	free(bytes);
	count++;
	return 0;
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], replay, 16, FTW_PHYS) != 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			return 1;
		}
	}
	fprintf(stderr, "%u inputs\n", count);
	return count == 0;
}
