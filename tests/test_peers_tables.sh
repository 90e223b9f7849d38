#!/usr/bin/env bash
# The tables of docs/backends.md, from runs of which every number is known.
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

# row BACKEND CRYPTO SIZE OPERATION MEDIAN LOW HIGH [FLOOR MEDIAN_FLOOR STATE]; LOW is the least time too
row() { echo "$1,$4,,$3,cold,$2,actor,total,$5,$6,$7,$6,${8-},${9-},${10-}"; }
{
	echo "backend,operation,k,size,tree,crypto,role,phase,cpu_ns_median,cpu_ns_ci_low,cpu_ns_ci_high,cpu_ns_min,floor_ns,floor_ns_median,state_bytes"
	for size in 9 10 11 13; do
		floors=(80000 90000)
		[ $size != 13 ] || floors=()
		row mls openssl $size rekey 100000 98000 104000 "${floors[@]}"
		row mls-rs-openssl '' $size rekey 130000 125000 140000 "${floors[@]}"
	done
	row mls openssl 12 rekey 89000 '' '' 80000 90000
	row mls-rs-openssl '' 12 rekey 130000 '' '' 80000 90000
	row mls sodium 9 rekey 50000 48000 52000 40000 45000
	row other '' 9 rekey 40000 39000 41000 80000 90000
	row mls openssl 9 store 1 1 1 '' '' 3456
	row other '' 9 store 1 1 1 '' '' 7000
} > "$work/summary.csv"

# sample BACKEND CRYPTO SIZE PROCESS SAMPLE PRODUCE SETTLE
sample() {
	echo "$1,rekey,,$3,cold,$2,actor,produce,$4,$5,0,$6"
	echo "$1,rekey,,$3,cold,$2,server,deliver,$4,$5,,"
	echo "$1,rekey,,$3,cold,$2,actor,settle,$4,$5,0,$7"
}
{
	echo "backend,operation,k,size,tree,crypto,role,phase,process,sample,device,cpu_ns"
	# The least times of processes are 98 and 104 us, and those of the peer 125 and 130.
	for size in 9 10 11 13; do
		sample mls openssl $size 1 1 70000 30000
		sample mls openssl $size 1 2 60000 38000
		sample mls openssl $size 2 1 100000 4000
	done
	sample mls-rs-openssl '' 9 1 1 100000 30000
	sample mls-rs-openssl '' 9 2 1 100000 25000
	sample mls-rs-openssl '' 9 2 2 100000 90000
	# It may have nothing above the floor, and it has not.
	sample mls-rs-openssl '' 10 1 1 80000 8000
	sample mls-rs-openssl '' 10 2 1 100000 30000
	sample mls-rs-openssl '' 11 1 1 70000 9000
	sample mls-rs-openssl '' 11 2 1 100000 30000
	# One process.
	sample mls openssl 12 1 1 80000 9000
	sample mls-rs-openssl '' 12 1 1 100000 30000
	# No floor is known.
	sample mls-rs-openssl '' 13 1 1 100000 30000
	sample mls-rs-openssl '' 13 2 1 100000 30000
} > "$work/samples.csv"
rows() { tools/peers-table "$work" | grep rekey | cut -d'|' -f2,7-11 > "$work/rows" && cat "$work/rows" && diff "$work/rows" "$1" > /dev/null; }
cat > "$work/wanted" << 'END'
 9 | 0.77 [0.70 .. 0.83] | 0.40 [0.20 .. 0.53] | 40 (other) | 1.25 [1.17 .. 1.33] | 1.23 
 10 | 0.77 [0.70 .. 0.83] | 2.25 [.. ] | 130 (mls-rs-openssl) |  |  
 11 | 0.77 [0.70 .. 0.83] |  | 130 (mls-rs-openssl) |  |  
 13 | 0.77 [0.70 .. 0.83] |  | 130 (mls-rs-openssl) |  |  
 12 | 0.68 | 0.18 | 130 (mls-rs-openssl) |  |  
END
check above_the_floor_has_an_interval rows "$work/wanted"
gzip "$work/samples.csv"
check compressed_samples_are_read rows "$work/wanted"

cat > "$work/processes.csv" << 'END'
backend,size,tree,crypto,process,peak_memory_bytes
mls,9,cold,openssl,1,13600000
mls,9,cold,openssl,2,13400000
other,9,cold,,1,20000000
mls,100,cold,openssl,1,14000000
END
memory() { tools/peers-memory "$work" > "$work/rows" && cat "$work/rows" && diff "$work/rows" - > /dev/null; }
check what_they_keep_is_the_most_of_all_processes memory << 'END'
| members | tree | mls, openssl | other |
|--:|---|--:|--:|
| 9 | cold | 14 (3.5 kB) | 20 (7.0 kB) |
| 100 | cold | 14 |  |
END
echo "1..$n"
