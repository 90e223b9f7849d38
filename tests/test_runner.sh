#!/usr/bin/env bash
# The test runner believes no program blindly: each row is a program, what the runner must
# count for it, and what it must say.
set -u
cd "$(dirname "$0")/.."
unset MLS_TEST_VECTORS_REQUIRED
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

# sums_up NAME LAST-LINE STATUS TEXT PROGRAM-TEXT [LIMIT [WRAPPER]]
sums_up() {
	local output status
	printf '#!/usr/bin/env bash\n%s\n' "$5" > "$work/program"
	chmod +x "$work/program"
	output=$(MLS_TEST_VECTORS="$work" tests/run-tests -t "${6:-20}" -l "$work/logs" \
		-w "${7:-}" "$work/program")
	status=$?
	n=$((n + 1))
	if [[ $(tail -1 <<< "$output") == "$2" && $status -eq $3 && $output == *"$4"* ]]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' <<< "$output"
	fi
}

touch "$work/tree-math.json"
echo 1..12
sums_up passing "2 passed, 0 failed" 0 "ok   program" 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"'
sums_up failing "1 passed, 1 failed" 1 "the reason" \
	'echo 1..2; echo "ok 1 - a"; echo "# the reason"; echo "not ok 2 - b"; exit 1'
sums_up skipping "1 passed, 0 failed, 1 skipped" 0 "1 skipped" \
	'echo 1..2; echo "ok 1 - a"; echo "not ok 2 # SKIP b"'
sums_up empty "0 passed, 1 failed" 1 "ran no test" 'exit 0'
sums_up crash "1 passed, 1 failed" 1 "killed by signal 11" \
	'echo 1..2; echo "ok 1 - a"; kill -SEGV $$'
sums_up sanitizer "1 passed, 1 failed" 1 "stopped by a sanitizer" \
	'echo 1..1; echo "ok 1 - a"; exit 99'
sums_up cut_short "1 passed, 1 failed" 1 "ended after 1 of 2 tests" 'echo 1..2; echo "ok 1 - a"'
sums_up hanging "1 passed, 1 failed" 1 "not finished after 1 s" \
	'echo 1..1; echo "ok 1 - a"; sleep 60' 1
sums_up wrapped "1 passed, 0 failed" 0 "ok   program" \
	'echo 1..1; [ "$GIVEN" = yes ] && echo "ok 1 - a"' 20 "env GIVEN=yes"
sums_up valgrind "1 passed, 1 failed" 1 "valgrind found an error" \
	'echo 1..1; echo "ok 1 - a"; exit 98'
rm "$work/tree-math.json"
sums_up no_vectors "1 passed, 0 failed" 0 "MLS_TEST_VECTORS=DIRECTORY" 'echo 1..1; echo "ok 1 - a"'
export MLS_TEST_VECTORS_REQUIRED=1
sums_up vectors_required "0 passed, 1 failed" 1 "not found" 'echo 1..1; echo "ok 1 - a"'
