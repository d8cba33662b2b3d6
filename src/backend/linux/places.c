/* The directories in which the command has just named something. Who makes or changes many files does so in few
 * directories: the way to each is looked up once, and then only the name in it.
 *
 * What is remembered is right for a moment: a directory gets another name by the calls after which the observer has all
 * forgotten, or by a program outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/linux/observer.h"

enum { REMEMBERED_MS = 10 };

void places_begin(struct places *places)
{
	for (int i = 0; i < PLACES; i++)
		places->items[i].directory = -1;
}

static void forget(struct place *place)
{
	if (place->directory >= 0)
		close(place->directory);
	place->directory = -1;
}

void places_forget(struct places *places)
{
	for (int i = 0; i < PLACES; i++)
		forget(&places->items[i]);
}

void places_end(struct places *places)
{
	places_forget(places);
}

static struct place *look_for(struct places *places, const char *path, size_t length)
{
	for (int i = 0; i < PLACES; i++) {
		struct place *place = &places->items[i];
		if (place->length == length && memcmp(place->path, path, length) == 0)
			return place;
	}
	struct place *place = &places->items[places->next++ % PLACES];
	forget(place);
	memcpy(place->path, path, length);
	place->path[length] = '\0';
	place->length = length;
	return place;
}

struct place *places_find(struct places *places, const struct pathfinder *finder, const char *path,
			  const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash + 1;
	size_t length = slash == path ? 1 : (size_t)(slash - path);
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strlen(name) > NAME_MAX)
		return NULL;

	struct place *place = look_for(places, path, length);
	struct timespec clock;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &clock); /* within a jiffy, for a fifth of the price */
	uint64_t now = (uint64_t)clock.tv_sec * 1000 + (uint64_t)clock.tv_nsec / 1000000;
	if (place->directory < 0 || now >= place->until) {
		forget(place);
		place->directory = landing_open(finder, place->path);
		place->until = now + REMEMBERED_MS;
		place->was_asked = false;
	}
	*ret_name = name;
	return place->directory >= 0 ? place : NULL;
}

bool place_holds(const struct place *place, const char *name, bool is_name)
{
	struct stat status;
	if (is_name)
		return true;
	if (fstatat(place->directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT;
	return !S_ISLNK(status.st_mode);
}

bool place_may_write(struct place *place)
{
	if (!place->was_asked)
		place->may_write = faccessat(AT_FDCWD, place->path, W_OK, AT_EACCESS) == 0 || errno != EACCES;
	place->was_asked = true;
	return place->may_write;
}
