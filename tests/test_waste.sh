#!/usr/bin/env bash
# An mls/ that does too much is seen against the crypto floor, which knows nothing of what an
# implementation does: one that verifies each signature twice, by counts and by time; one
# that fetches its algorithms from OpenSSL in each call, by time alone. Both are the program linked with
# other definitions of a few functions (tests/groupbench_waste_*.c).
#
# Times come from short runs of the programs in turns. Least times only fall from round to round, so
# the ratio of two of them settles, and a disturbed machine takes more rounds, not another result.
set -u
cd "$(dirname "$0")/.."
build=$(cd "${B:-build}" && pwd)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
rounds=15
n=0

result() {
	local good=$?
	n=$((n + 1))
	if [ $good -eq 0 ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; sed 's/^/# /' <<< "$said"; fi
}

# Prices of about the right size: what is compared is measured against the same floor.
prices() {
	local all= algorithm
	for algorithm in x25519 ed25519 sha256 aes128gcm aes256cbc random; do
		all+=",\"$algorithm\":{"
		local row= price
		for price in keygen:40000 dh:40000 signer_keygen:20000 sign:20000 sign_bytes:2 verify:50000 \
			verify_bytes:2 hash:20 hash_blocks:40 hmac_keys:20 hmac:50 aead:400 aead_bytes:1 cbc:400 \
			cbc_bytes:1 random_bytes:3; do
			row+=",\"${price%:*}\":{\"minimum\":[${price#*:},${price#*:}],\"median\":[${price#*:},${price#*:}]}"
		done
		all+="${row:1}}"
	done
	echo "{\"schema\":1,\"prices\":{\"openssl\":{${all:1}},\"sodium\":{${all:1}}}}"
}

# least PROGRAM OPERATION ROLE: the least time_over_floor of that cell in all rounds so far.
least() {
	awk -F, -v operation="$2" -v role="$3" '
		FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$2 == operation && $at["role"] == role && $at["time_over_floor"] != "" {
			t = $at["time_over_floor"] + 0
			if (!least || t < least) least = t
		}
		END { print least + 0 }' "$work/$1"-*/summary.csv
}

# shows WASTEFUL OPERATION ROLE FACTOR: its least time over floor is FACTOR times the clean one's.
shows() {
	local clean wasteful
	clean=$(least groupbench "$2" "$3") wasteful=$(least "$1" "$2" "$3")
	said="$2 at $3: time / floor $clean, and $wasteful with $1; wanted $4 times as much"
	awk -v a="$clean" -v b="$wasteful" -v f="$4" 'BEGIN { exit !(a > 0 && b >= f * a) }'
}

cat > "$work/waste.yaml" << 'END'
# What does waste look like?
name: waste
backends: [mls]
size: [33]
crypto: [sodium]
samples: { processes: 1, min: 30, max: 200, budget: 40ms }
measure: [send]
END
prices > "$work/prices.json"

echo 1..4
said=$("$build/tests/groupbench_waste_verify" count results/golden/*.yaml \
	--against results/golden/counts.csv 2>&1)
[ $? -eq 14 ] && grep -q 'mls add 1, size 100 tree full, joiner join (device 100): count_verify 102 -> 204 (+102, +100 %)' <<< "$said"
result one_verification_more_is_counted
said=$("$build/tests/groupbench_waste_fetch" count results/golden/*.yaml \
	--against results/golden/counts.csv 2>&1)
result fetching_is_in_no_count

double=1 fetch=1
for ((round = 1; round <= rounds && (double || fetch || round <= 3); round++)); do
	for program in groupbench tests/groupbench_waste_verify tests/groupbench_waste_fetch; do
		out=$work/${program#tests/}-$round
		said=$("$build/$program" run "$work/waste.yaml" --out "$out" -q -c "$work/prices.json" 2>&1 &&
			"$build/$program" summarise "$out" 2>&1) || break 2
	done
	shows groupbench_waste_verify receive near 1.5 && double=0
	shows groupbench_waste_fetch send actor 1.08 && fetch=0
done
shows groupbench_waste_verify receive near 1.5
result verifying_twice_raises_time_over_floor
shows groupbench_waste_fetch send actor 1.08
result fetching_raises_time_over_floor
