#!/usr/bin/env bash
# Every file of the working group's vectors is read by a test.
set -u
cd "$(dirname "$0")/.."
vectors=${MLS_TEST_VECTORS:-../shared/test-vectors}
shopt -s nullglob
files=("$vectors"/*.json)

if [ ${#files[@]} -eq 0 ]; then
	echo 1..1
	echo "ok 1 # SKIP no vectors in $vectors; MLS_TEST_VECTORS names the directory"
	exit 0
fi
echo "1..${#files[@]}"
for i in "${!files[@]}"; do
	name=$(basename "${files[i]}")
	ok=ok
	grep -qF "vectors_load(\"$name\")" tests/test_*.c || ok="not ok"
	echo "$ok $((i + 1)) - a test reads $name"
done
