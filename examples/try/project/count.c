/* count: lines, words and bytes of files or of standard input. */
#include <stdio.h>
#include <string.h>

struct totals {
	unsigned long lines, words, bytes;
};

static int is_blank(int character)
{
	return character == ' ' || character == '\n';
}

static void count(FILE *file, struct totals *totals)
{
	int character, in_word = 0;

	while ((character = getc(file)) != EOF) {
		totals->bytes++;
		if (character == '\n')
			totals->lines++;
		if (!is_blank(character) && !in_word)
			totals->words++;
		in_word = !is_blank(character);
	}
}

static void print(const struct totals *totals, const char *name)
{
	printf("%lu %lu %lu%s%s\n", totals->lines, totals->words, totals->bytes, *name ? " " : "", name);
}

int main(int argc, char **argv)
{
	struct totals sum = { 0, 0, 0 };
	int status = 0;

	if (argc < 2) {
		count(stdin, &sum);
		print(&sum, "");
	}
	for (int i = 1; i < argc; i++) {
		struct totals totals = { 0, 0, 0 };
		FILE *file = fopen(argv[i], "r");

		if (!file) {
			perror(argv[i]);
			status = 1;
			continue;
		}
		count(file, &totals);
		fclose(file);
		print(&totals, argv[i]);
		sum.lines += totals.lines;
		sum.words += totals.words;
		sum.bytes += totals.bytes;
	}
	if (argc > 2)
		print(&sum, "total");
	return status;
}
