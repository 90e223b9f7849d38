#!/usr/bin/env bash
# What others published beside what is measured here: the command that does it, in small groups.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

check() {
	n=$((n + 1))
	if "${@:2}" > "$work/said" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/said"
	fi
}

has() { grep -qE -- "$1" "$2" || { echo "no line like \"$1\" in:"; cat "$2"; return 1; }; }

check reproduces_in_small_groups tools/reproduce 5 "$work/runs" -p 1 -c none -q
cp "$work/said" "$work/reproduced"
check has_both_graphs has '^\| arewemlsyet-2023 \| new megolm session \| megolm rekey olm=ratchet.* \| 4 \| ' "$work/reproduced"
check has_both_setups has '^\| openmls-2021-blog \| send_update, base \| mls rekey tree=full path=no \| 4 \| ' "$work/reproduced"
check sizes_are_equal has '^\| rfc9420-sizes \| base: welcome_1_with_tree \| 4 \| 4 \|  \|$' "$work/reproduced"
check draws_overlays [ -s "$work/runs/openmls-2021/plots/openmls-2021.png" ]
check refuses_other_tables [ "$(tools/published-table other 2>&1)" = \
	'published-table: found "other", wanted times or sizes' ]
echo "1..$n"
