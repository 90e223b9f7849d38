#!/usr/bin/env bash
# What processes of a run prepare for each other changes nothing that is counted: a run without
# that stock has the same rows but for the times.
set -u
cd "$(dirname "$0")/.."
program=$(cd "${B:-build}" && pwd)/groupbench
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT

cat > "$work/small.yaml" << 'END'
# Is it the same group?
name: small
backends: [mls, megolm]
size: [5, 12]
tree: [cold, full]
olm: [new, ratchet, chain]
senders: [1, 2]
verification: [device, cross_signed]
samples: { processes: 2, min: 1, max: 1, budget: 1ms }
measure: [create, { add: 2 }, rekey, { remove: 1 }, send]
END

# Everything in the rows but the times, in the order in which it was measured.
content() {
	awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /_ns$/) drop[i] = 1 }
		{ for (i in drop) $i = ""; print }' "$1/samples.csv"
}

# A stock is larger than a file may be here: there is none.
"$program" run "$work/small.yaml" -c none --out "$work/with" --quiet > "$work/said" 2>&1 &&
	(ulimit -f 100000 && "$program" run "$work/small.yaml" -c none --out "$work/without" --quiet) \
		>> "$work/said" 2>&1 || sed 's/^/# /' "$work/said"
content "$work/with" > "$work/with.content"
content "$work/without" > "$work/without.content"
if [ "$(wc -l < "$work/with.content")" -gt 500 ] &&
	diff "$work/with.content" "$work/without.content" > "$work/said"; then
	echo "ok 1 - a run with a stock counts what one without counts"
else
	sed 's/^/# /' "$work/said" | head -20
	echo "not ok 1 - a run with a stock counts what one without counts"
fi
echo "1..1"
