/* libcordon as others get it: installed, the tree moved elsewhere, found by pkg-config or CMake, linked and run. */
#include "runs.h"

static const char *tree; /* where the installed tree is */

/* Runs a shell command with PREFIX and LIB set; its output is shown when it fails. */
__attribute__((format(printf, 1, 2))) static void must(const char *format, ...)
{
	static char command[SCRATCH_ROOM], line[2 * SCRATCH_ROOM];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	snprintf(line, sizeof line,
		 "cd '%s' && P='%s' && export PKG_CONFIG_PATH=$(dirname \"$(find \"$P\" -name cordon.pc)\") && "
		 "L=$(dirname \"$PKG_CONFIG_PATH\") && { %s; } >log 2>&1 || { sed 's/^/# /' log; exit 1; }",
		 scratch, tree ? tree : scratch, command);
	if (system(line) != 0)
		fail_msg("%s", command);
}

static int install(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	tree = NULL;
	must("DESTDIR= '%s' --install '%s' --prefix \"$P/first\"", CMAKE, BUILD);
	must("mv first second"); /* nothing in it may know where it was installed */
	tree = strdup(in_scratch("second"));
	return tree ? 0 : -1;
}

static int clean_up(void **state)
{
	free((char *)(uintptr_t)tree);
	return scratch_teardown(state);
}

static bool has_program(const char *name)
{
	char line[64];
	snprintf(line, sizeof line, "command -v %s >/dev/null", name);
	return system(line) == 0;
}

static void need_program(const char *name)
{
	if (!has_program(name)) {
		print_message("%s is not installed\n", name);
		skip();
	}
}

/* The consumer says how its command ended, and exits as it did. */
static void try_consumer(const char *environment, const char *program)
{
	need_namespaces();
	must("cd work && %s %s sh -c 'echo inside; exit 7' >../out; [ $? = 7 ]", environment, program);
	must("grep -x 'status 7, 0 refused acts' out && grep -x inside out");
	must("cd work && %s %s no-such-command >../out; [ $? = 127 ] && grep '^refused: ' ../out", environment,
	     program);
	must("cd work && %s %s >../out; [ $? = 125 ] && grep '^not run: ' ../out", environment, program);
}

static void tree__holds_what_a_consumer_needs_and_no_path_of_the_build(void **state)
{
	(void)state;
	must("test -x $P/bin/cordon && test -f $P/include/cordon/cordon.h && test -f $P/include/cordon/error.h && "
	     "test -f $L/libcordon.a && test -L $L/libcordon.so && test -L $L/libcordon.so.0 && "
	     "test -f $L/cmake/cordon/cordonConfigVersion.cmake");
	must("! grep -r -e '%s' -e '%s' $L/pkgconfig $L/cmake", scratch, BUILD);
	must("test -z \"$(readelf -d $L/libcordon.so | grep -E 'RPATH|RUNPATH')\"");
	must("readelf -d $L/libcordon.so | grep 'SONAME.*libcordon.so.0]'");
}

/* An archive gives out every name that is not local: ours (run_new, text_add) must not meet the program's. */
static void archive__gives_out_the_public_names_only(void **state)
{
	(void)state;
	must("nm -g --defined-only $L/libcordon.a | awk 'NF == 3 { print $3 }' | sort -u >names && "
	     "test -s names && ! grep -v '^cordon_' names");
	must("nm -D --defined-only $L/libcordon.so | awk 'NF == 3 && $2 != \"A\" { print $3 }' | sort -u | diff - names");
}

static void consumer_in_C__links_the_shared_library(void **state)
{
	(void)state;
	need_program("pkg-config");
	must("'%s' -std=c99 -Wall -Wextra -Werror %s -o embed '%s/embed.c' $(pkg-config --cflags --libs cordon)", CC,
	     CFLAGS, EXAMPLES);
	must("readelf -d embed | grep 'NEEDED.*libcordon.so.0'");
	must("! readelf -d embed | grep 'NEEDED.*jansson'"); /* the library's business, not the program's */
	try_consumer("LD_LIBRARY_PATH=$L", "../embed");
}

static void consumer_in_C__links_the_archive(void **state)
{
	(void)state;
	need_program("pkg-config");
	must("'%s' -std=c99 -Wall -Wextra -Werror %s -o embed '%s/embed.c' $(pkg-config --static --cflags --libs cordon | "
	     "sed 's/-lcordon/-l:libcordon.a/')",
	     CC, CFLAGS, EXAMPLES);
	must("! readelf -d embed | grep 'NEEDED.*libcordon'");
	try_consumer("", "../embed");
}

static void consumer_in_C__links_one_static_program(void **state)
{
	(void)state;
	need_program("pkg-config");
	if (CFLAGS[0]) {
		print_message("the sanitizers do not go into a static program\n");
		skip();
	}
	must("'%s' -static -o embed '%s/embed.c' $(pkg-config --static --cflags --libs cordon)", CC, EXAMPLES);
	must("! readelf -l embed | grep INTERP");
	try_consumer("", "../embed");
}

static void build_with_cmake(const char *options)
{
	need_program("c++");
	const char *compiler = strstr(CC, "clang") ? "clang++" : "c++";
	must("rm -rf cmake && '%s' -S '%s' -B cmake -G Ninja -DCMAKE_PREFIX_PATH=$P -DCMAKE_CXX_COMPILER=%s "
	     "-DCMAKE_CXX_FLAGS='-Wall -Wextra -Werror %s' %s && '%s' --build cmake",
	     CMAKE, EXAMPLES, compiler, CFLAGS, options, CMAKE);
}

static void consumer_in_Cxx__links_the_shared_library(void **state)
{
	(void)state;
	build_with_cmake("");
	must("readelf -d cmake/embed | grep 'NEEDED.*libcordon.so.0'");
	try_consumer("", "../cmake/embed");
}

static void consumer_in_Cxx__links_the_archive(void **state)
{
	(void)state;
	build_with_cmake("-DEMBED_STATIC=ON");
	must("! readelf -d cmake/embed | grep 'NEEDED.*libcordon'");
	try_consumer("", "../cmake/embed");
}

/* A component or a version that is not there is said at configuration, not at the link. */
static void package__refuses_what_it_has_not(void **state)
{
	(void)state;
	must("mkdir p && echo 'cmake_minimum_required(VERSION 3.20)\nproject(p NONE)\n"
	     "find_package(cordon ${WANTED} REQUIRED)' >p/CMakeLists.txt");
	must("! '%s' -S p -B p1 -DCMAKE_PREFIX_PATH=$P -DWANTED='COMPONENTS;dynamic' 2>said && grep \"no component 'dynamic'\" said",
	     CMAKE);
	must("! '%s' -S p -B p2 -DCMAKE_PREFIX_PATH=$P -DWANTED=9.0", CMAKE);
	must("! '%s' -S p -B p3 -DCMAKE_PREFIX_PATH=$P -DWANTED=0.0.9 ", CMAKE);
	must("'%s' -S p -B p4 -DCMAKE_PREFIX_PATH=$P -DWANTED=0.1", CMAKE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree__holds_what_a_consumer_needs_and_no_path_of_the_build),
		cmocka_unit_test(archive__gives_out_the_public_names_only),
		cmocka_unit_test(consumer_in_C__links_the_shared_library),
		cmocka_unit_test(consumer_in_C__links_the_archive),
		cmocka_unit_test(consumer_in_C__links_one_static_program),
		cmocka_unit_test(consumer_in_Cxx__links_the_shared_library),
		cmocka_unit_test(consumer_in_Cxx__links_the_archive),
		cmocka_unit_test(package__refuses_what_it_has_not),
	};
	return cmocka_run_group_tests(tests, install, clean_up);
}
