# The way in. CMake builds (CMakePresets.json), tools/ does the rest; all results are in build/.

build:
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release

# the small set of packages, the program, a guided minute
try:
	@tools/setup try
	@$(MAKE) --no-print-directory build
	@examples/try.sh

# all packages, all builds, all tests
check:
	@tools/setup check
	@tools/check

# what takes too long for that: fuzzing, kills by the hundred, hours of weather
check-long:
	@tools/setup check
	@tools/check-long

# under a minute, no privilege
quick:
	@tools/setup check
	@tools/check quick

# how long a command takes to start, and what it costs while it runs
bench:
	@tools/setup check
	@$(MAKE) --no-print-directory build
	@bench/run
	@bench/work
	@bench/report

clean:
	rm -rf build

.PHONY: build try check check-long quick bench clean
