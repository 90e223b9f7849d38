#!/usr/bin/env bash
# Every row of mls_errors.def is an error that a test gets.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
echo "1..3"

if output=$(tools/error-rows mls/include/mls_errors.def tests/test_*.c); then
	echo "ok 1 - every row has a test"
else
	echo "not ok 1 - every row has a test"
	sed 's/^/# /' <<< "$output"
fi

# A row more, which only a comparison and a comment name.
{ cat mls/include/mls_errors.def; echo 'X(NEVER_SEEN, INVALID, "9.9", "nobody tests this")'; } > "$work/rows.def"
echo '/* MLS_ERR_NEVER_SEEN */ int f(int e) { return e == MLS_ERR_NEVER_SEEN; }' > "$work/test_it.c"
if ! output=$(tools/error-rows "$work/rows.def" tests/test_*.c "$work/test_it.c") &&
	[[ $output == *"no test gets NEVER_SEEN" ]]; then
	echo "ok 2 - a row without a test is missed"
else
	echo "not ok 2 - a row without a test is missed"
fi

echo 'void t(void) { REFUSED(f(), MLS_ERR_NEVER_SEEN); }' >> "$work/test_it.c"
if tools/error-rows "$work/rows.def" tests/test_*.c "$work/test_it.c"; then
	echo "ok 3 - a test of it is found"
else
	echo "not ok 3 - a test of it is found"
fi
