#!/usr/bin/env bash
# Claims of a scenario, judged by what a run of the program measured: a backend that loses time in one
# operation, in large groups only, is found out, with the size from which on.
set -u
cd "$(dirname "$0")/.."
B=$(cd "${B:-build}" && pwd)
program=$B/groupbench
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

good=true
# says RUN LINE...: `groupbench expect` prints these lines, one after the other, up to blanks.
says() {
	local run=$1 said=$1/said
	shift
	"$program" expect "$run" > "$said" || good=false
	for line in "$@"; do
		grep -qE -- "$line" "$said" || { echo "# no line like \"$line\" in:" && sed 's/^/# /' "$said" && good=false; }
	done
}
holds() { "$@" || { echo "# does not hold: $*" && good=false; }; }
result() {
	n=$((n + 1))
	if $good; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
	good=true
}

# measure SCENARIO RUN OPTION...
measure() {
	"$program" run "$1" --out "$2" --quiet "${@:3}" > "$work/run.log" 2>&1 ||
		{ sed 's/^/# /' "$work/run.log" && good=false; }
}

cat > "$work/claims.yaml" << 'END'
# Is a rekey of one backend within fifty times that of another?
name: claims
backends: [null, slows]
size: [2, 5, 10, 19, 20, 50]
samples: { processes: 3, min: 5, max: 20 }
measure: [rekey, send]
expect:
  - slows.rekey at most 50 times null.rekey
  - slows.send at most 50 times null.send
END
plugin=$B/tests/plugins/slows.so

measure "$work/claims.yaml" "$work/slow" --plugin "$plugin"
says "$work/slow" \
	'^  fails from N = 20: [0-9.e+]+ times \[[0-9.e+]+ \.\. [0-9.e+]+\] at N = 50, crossing at N = 19\.[0-9]+ \[.*\]; slows rekey, null rekey' \
	'^  holds: [0-9.e+-]+ times \[.*\] at N = 50; slows send, null send'
holds grep -q '^slows.rekey at most 50 times null.rekey,slows rekey,null rekey,fails,20,6,50,' \
	"$work/slow/verdicts.csv"
result "an operation that loses time fails its claim from the size on where it does"

measure "$work/claims.yaml" "$work/small" --plugin "$plugin" --max-size 19
says "$work/small" '^  holds: .* at N = 19; slows rekey, null rekey'
result "the same claim holds in the groups where it does not"

echo "1..$n"
