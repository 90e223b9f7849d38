#!/usr/bin/env bash
# Whether an axis that makes no difference to an operation, as `groupbench list` says, makes none: all
# messages, bytes, primitives and allocations are the same at each of its values.
set -u
cd "$(dirname "$0")/.."
program=$(cd "${B:-build}" && pwd)/groupbench
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

# is_independent AXIS OPERATION
is_independent() {
	"$program" list | awk -v axis="$1" -v operation="$2" '
		$0 == "axes" { inside = 1 }
		inside && $1 == axis {
			rule = ""
			for (i = split($0, part, "; "); i > 0; i--)
				if (part[i] ~ /^(only|not) /) rule = part[i]
			n = split(rule, word, " ")
			for (i = 2; i <= n; i++) {
				named = word[i]
				if (sub(/\*$/, "", named) ? index(operation, named) == 1 : operation == named) found = 1
			}
			exit !(rule != "" && (word[1] == "not") == found + 0)
		}'
}

# count BACKEND AXIS VALUE MEASURE: rows of a group of six in which the other axes are such that an axis
# has something to change, without the columns of the axes and without `verified`, which tells of what
# came before the operation too: the one-time keys that a group was made with.
count() {
	{
		printf '# Does the axis make a difference?\nname: axes\nbackends: [%s]\nsize: 6\n%s: %s\n' "$1" "$2" "$3"
		printf 'tree: grown\nolm: chain\ndevices_per_user: 2\nrounds: 1000\n' | grep -v "^$2:"
		printf 'samples: { processes: 1, min: 1, max: 1, budget: 60s }\nmeasure: [%s]\n' "$4"
	} > "$work/axes.yaml"
	"$program" count "$work/axes.yaml" --out "$work/counts.csv" > "$work/said" 2>&1 ||
		{ cat "$work/said" && return 1; }
	awk -F, 'NR == 1 { for (i = 1; $i != "role"; i++); from = i; for (; $i != "verified"; i++); to = i } {
		line = $1 "," $2 "," $3
		for (i = from; i < to; i++) line = line "," $i
		print line }' "$work/counts.csv"
}

# measured BACKEND AXIS: the operations, for a scenario, to which the axis makes no difference.
measured() {
	local operations="create send send_first store rekey" counted="add:2 add_each:2 remove:1 remove_each:2
		rekey_after_add:1 rekey_after_remove:1 catch_up:5 publish:2" list= each
	[ "$1" = megolm ] && operations+=" claim verify session encrypt" &&
		counted+=" backup:3 restore_one:3 restore_room:11 restore_all:3 forward:3 key_file:3 dehydrated:3 withhold:1"
	for each in $operations $counted primitive_dh:2; do
		is_independent "$2" "${each%:*}" || continue
		[ "${each%:*}" = "$each" ] && list+="$each, " || list+="{ ${each%:*}: ${each#*:} }, "
	done
	echo "${list%, }"
}

# compare BACKEND AXIS VALUE...
compare() {
	local backend=$1 axis=$2 first= list
	shift 2
	n=$((n + 1))
	list=$(measured "$backend" "$axis")
	for value; do
		count "$backend" "$axis" "$value" "$list" > "$work/now" && [ "$(wc -l < "$work/now")" -gt 1 ] || break
		[ -n "$first" ] || cp "$work/now" "$work/first"
		first=yes
		cmp -s "$work/first" "$work/now" || break
		[ "$value" = "${!#}" ] && echo "ok $n - $backend $axis" && return
	done
	echo "not ok $n - $backend $axis: $list: not the same at $value"
	diff "$work/first" "$work/now" | cut -d, -f1-6 | head -20 | sed 's/^/# /'
}

compare mls tree cold full grown
compare mls path yes no
compare mls tree_delivery welcome fetched
compare mls handshake public private
compare mls padding 0 100
compare mls identity 16 40
compare megolm olm new ratchet chain
compare megolm identity 16 40
compare megolm devices_per_user 1 2
compare megolm verification device cross_signed
compare megolm sender_device_keys yes no
compare megolm history joined shared
compare megolm backup pk pk_mac sym
compare megolm rotation_messages 0 1 100
compare megolm rotation_age 0 1 100
compare megolm rounds 1000 2000
echo "1..$n"
