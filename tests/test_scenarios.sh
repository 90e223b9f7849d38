#!/usr/bin/env bash
# Every scenario that comes with the project runs, in small groups, and can be summarised.
set -u
cd "$(dirname "$0")/.."
program=${B:-build}/groupbench
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

measures() {
	"$program" run "$1" --quick --quiet -c none -o "$work/$n" && "$program" summarise "$work/$n"
}

for scenario in scenarios/*.yaml; do
	n=$((n + 1))
	if said=$(measures "$scenario" 2>&1); then
		echo "ok $n - $scenario runs"
	else
		echo "not ok $n - $scenario runs"
		sed 's/^/# /' <<< "$said"
	fi
done
echo "1..$n"
