#!/usr/bin/env bash
# What is exact stays what results/golden/counts.csv says, and `groupbench count` notices each way
# in which it may not.
set -u
cd "$(dirname "$0")/.."
build=${B:-build}
golden=results/golden/counts.csv
cells=$(echo results/golden/*.yaml)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

# count STATUS NAME PATTERN ARGUMENT...: counts into $said; succeeds with that status and if a line
# matches.
count() {
	local wanted=$1 name=$2 pattern=$3 status
	shift 3
	# shellcheck disable=SC2086
	said=$("$build/groupbench" count $cells "$@" 2>&1)
	status=$?
	n=$((n + 1))
	if [ $status -eq "$wanted" ] && grep -Eq -- "$pattern" <<< "$said"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed "s/^/# status $status: /" <<< "$said" | head -80
	fi
}

# Every byte of a row has a kind, and of none more is raw than there is; of MLS all is.
adds_up() {
	n=$((n + 1))
	if said=$(awk -F, '
		NR == 1 {
			for (i = 1; i <= NF; i++) {
				at[$i] = i
				if ($i ~ /_down_raw_bytes$/) kind[substr($i, 1, length($i) - 15)]
			}
			next
		}
		{
			sent = down = raw = down_raw = 0
			for (k in kind) {
				sent += $at[k "_bytes"]; down += $at[k "_down_bytes"]
				raw += $at[k "_raw_bytes"]; down_raw += $at[k "_down_raw_bytes"]
				if ($at[k "_raw_bytes"] > $at[k "_bytes"] + 0 ||
					$at[k "_down_raw_bytes"] > $at[k "_down_bytes"] + 0) bad = 1
			}
			up = $at["up_bytes"]; up_raw = $at["up_raw_bytes"]
			if ($at["phase"] !~ /^(produce|deliver)$/) {
				up += $at["down_bytes"]; up_raw += $at["down_raw_bytes"]
			}
			if (sent != up || down != $at["down_bytes"] || raw != up_raw ||
				down_raw != $at["down_raw_bytes"]) bad = 1
			if ($1 == "mls" && (raw != sent || down_raw != down)) bad = 1
			if (bad) { print; exit }
			total += down_raw
		}
		END { exit bad || total == 0 }' "$1"); then
		echo "ok $n - every_byte_has_a_kind"
	else
		echo "not ok $n - every_byte_has_a_kind"
		sed 's/^/# /' <<< "$said"
	fi
}

echo 1..9
adds_up $golden
count 0 golden_counts_hold '^[0-9]+ cells, [0-9]+ exact values: 0 changed$' --against $golden
# One value of one row, found by the column's name.
cells=results/golden/options.yaml
"$build/groupbench" count $cells --out "$work/options.csv" > /dev/null
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
	$2 == "remove" && $at["tree"] == "full" && $at["role"] == "far" { $at["count_verify"] -= 1 } 1' \
	"$work/options.csv" > "$work/less.csv"
count 14 a_change_says_cell_role_metric_and_how_much \
	'^mls remove 1, .*tree full.*, far process \(device 8\): count_verify 1 -> 2 \(\+1, \+100 %\)$' \
	--against "$work/less.csv"
count 14 a_change_says_how_to_accept_it \
	"accept what is counted now: groupbench count $cells --out $work/less.csv" --against "$work/less.csv"
awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
	NR > 1 && $at["allocations"] != "" { $at["allocations"] += 1 } 1' \
	"$work/options.csv" > "$work/more.csv"
count 14 allocations_count ': allocations [0-9]+ -> [0-9]+ \(-1, ' --against "$work/more.csv"
count 13 a_missing_baseline_is_said "no baseline $work/nothing.csv: No such file" --against "$work/nothing.csv"
grep -v '^mls,send' "$work/options.csv" > "$work/fewer.csv"
count 13 other_cells_are_not_comparable 'mls send, .*: was not counted before' --against "$work/fewer.csv"
sed '2s/mls/"mls/' "$work/options.csv" > "$work/damaged.csv"
count 65 a_damaged_baseline_is_refused "damaged.csv:2:" --against "$work/damaged.csv"
awk -F, -v OFS=, 'NR == 1 { for (i = 1; $i != "count_pbkdf2_rounds"; i++); out = i }
	{ for (i = out; i < NF; i++) $i = $(i + 1); NF--; print }' "$work/options.csv" > "$work/older.csv"
count 13 a_baseline_of_an_earlier_version_says_what_it_lacks \
	"older.csv, of an earlier version, has no count_pbkdf2_rounds: not compared$" --against "$work/older.csv"
