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

document() { printf 'Before\n<!-- sizes: %s -->\n%s<!-- end -->\nAfter\n' "$1" "${2:-}"; }
table="tools/published-table sizes $work/runs/exact-sizes"
document "$table" > "$work/stale.md"
document "$table" > "$work/filled.md"
document "$table" "$(tools/published-table sizes "$work/runs/exact-sizes")"$'\n' > "$work/wanted.md"
document 'tools/published-table other' > "$work/wrong.md"
cp "$work/wrong.md" "$work/before.md"
sed '/end -->/d' "$work/stale.md" > "$work/open.md"
check fills_tables tools/fill-tables "$work/filled.md"
check fills_in_what_the_command_prints cmp "$work/filled.md" "$work/wanted.md"
check accepts_filled_tables tools/fill-tables --check "$work/filled.md"
check says_what_is_stale [ "$(tools/fill-tables --check "$work/stale.md")" = \
	"$work/stale.md: a table is not what its command prints: tools/fill-tables $work/stale.md" ]
check keeps_the_document_when_a_command_fails \
	eval '! tools/fill-tables "$work/wrong.md" && cmp "$work/wrong.md" "$work/before.md"'
check refuses_a_table_without_end [ "$(tools/fill-tables "$work/open.md" 2>&1)" = \
	"$work/open.md: a table without an end" ]

check documents_are_not_stale tools/fill-tables --check README.md docs/published.md docs/performance.md \
	docs/backends.md
check figures_in_sentences_are_not_stale tools/prose-figures
cat > "$work/figures.sql" <<- 'end'
	-- README.md: one machine, {} times as
	--   dear: as so often;
	select '7';
	-- LICENSE: Version {}.{}, January 2004
	select '2', 0;
	-- LICENSE: {} and {}
	select '2';
	-- LICENSE: Version {}
	select '2', '0';
	-- LICENSE: {}
	select ratio from "bulk/none";
end
check says_which_figures_are_stale [ "$(tools/prose-figures "$work/figures.sql" 2> /dev/null)" = \
	"README.md: wanted: one machine, 7 times as dear: as so often;
LICENSE: {} and {}: fewer figures than places
LICENSE: Version {}: other figures than places
LICENSE: {}: the query failed" ]
echo "1..$n"
