#!/usr/bin/env bash
# Nothing that was measured is lost: runs are killed at random moments and resumed, and must
# then have the same samples as one that nobody disturbed. KILLS=200 tries more moments.
set -u
cd "$(dirname "$0")/.."
program=$(cd "${B:-build}" && pwd)/groupbench
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
kills=${KILLS:-25}
n=0

good=true
fails() { echo "# $*" && good=false; }

# expect STATUS TEXT COMMAND...
expect() {
	local want=$1 text=$2 said status
	shift 2
	said=$("$@" 2>&1)
	status=$?
	if [ $status -ne "$want" ] || [[ $said != *"$text"* ]]; then
		fails "$*: status $status, want $want; said: $said; want: $text"
	fi
}

result() {
	n=$((n + 1))
	if $good; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
	good=true
}

cat > "$work/small.yaml" << 'END'
# What is left of a run that was killed?
name: small
backends: [null]
size: [2..12]
samples: { processes: 2, min: 3, max: 3 }
measure: [create, { add: 1 }, { remove: 4 }, send]
END

# Everything in the rows but the times, in the order in which it was measured.
content() {
	awk -F, -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /_ns$/) drop[i] = 1 }
		{ for (i in drop) $i = ""; print }' "$1/samples.csv"
}

# skipped DIR: what the manifest says was not measured, with the number of processes and samples.
skipped() { sed -n '/"not_measured"/,/\]/p; /"processes"/,/}/p; /"samples":/p' "$1/manifest.json"; }

"$program" run "$work/small.yaml" --out "$work/whole" --quiet > "$work/said" || fails "$(cat "$work/said")"
content "$work/whole" > "$work/whole.content"
skipped "$work/whole" > "$work/whole.skipped"
[ -e "$work/whole/journal" ] && fails "a complete run keeps its journal"
result "an undisturbed run is complete"

"$program" run "$work/small.yaml" --out "$work/three" --jobs 3 --quiet > "$work/said" ||
	fails "$(cat "$work/said")"
content "$work/three" | cmp - "$work/whole.content" || fails "other samples by three processes at a time"
skipped "$work/three" | cmp - "$work/whole.skipped" || fails "another manifest"
result "with three processes at a time the rows are in the same order"

# How long a run takes, in ms: the moments are spread over it.
began=$(date +%s%N)
"$program" run "$work/small.yaml" --out "$work/timed" --quiet > /dev/null
took=$((($(date +%s%N) - began) / 1000000 + 1))

# go COMMAND...: in the background, killed after a random time unless it ends before.
go() {
	"$@" > "$work/said" 2>&1 &
	local pid=$!
	sleep "$(awk -v ms=$((RANDOM % took)) 'BEGIN { print ms / 1000 }')"
	kill -9 $pid 2> /dev/null && killed=$((killed + 1))
	wait $pid 2> /dev/null
}

begins() {
	go "$program" run "$work/small.yaml" --out "$work/run" --jobs $((1 + RANDOM % 3)) --quiet
}

RANDOM=1
killed=0 resumed=0
while [ $killed -lt "$kills" ] && $good; do
	rm -rf "$work/run"
	begins
	# Before there is a manifest, there is no sample either.
	if ! [ -e "$work/run/manifest.json" ]; then
		[ ! -e "$work/run/samples.csv" ] || [ "$(wc -l < "$work/run/samples.csv")" -le 1 ] ||
			fails "samples without a manifest"
		continue
	fi
	while grep -q '"status": "running"' "$work/run/manifest.json" && $good; do
		before=$(content "$work/run" | wc -l)
		if [ $((RANDOM % 2)) = 0 ]; then
			go "$program" run --resume "$work/run" --quiet
		else
			"$program" run --resume "$work/run" --quiet > "$work/said" 2>&1 ||
				fails "resuming: $(cat "$work/said")"
			resumed=$((resumed + 1))
		fi
		# Of one sample, the one in flight, rows may have been taken back.
		[ "$(content "$work/run" | wc -l)" -ge $((before - 8)) ] || fails "samples were lost"
	done
	content "$work/run" | cmp - "$work/whole.content" || fails "other samples after a kill"
	skipped "$work/run" | cmp - "$work/whole.skipped" || fails "another manifest after a kill"
done
[ $resumed -gt 0 ] || fails "no run was resumed"
echo "# $killed kills, $resumed runs resumed to their end"
result "a run that was killed at any moment is resumed without loss and without repetition"

# interrupted: a run with samples that is not complete.
interrupted() {
	rm -rf "$work/run"
	(ulimit -f 64 && "$program" run "$work/small.yaml" --out "$work/run" --quiet) \
		> "$work/said" 2>&1
	[ $? -eq 74 ] || fails "a full disk: $(cat "$work/said")"
}

interrupted
before=$(md5sum "$work"/run/*)
expect 74 "/nowhere/manifest.json: " "$program" run --resume "$work/nowhere"
expect 64 "wanted it without scenario and options" "$program" run "$work/small.yaml" --resume "$work/run"
expect 64 "wanted it without scenario and options" "$program" run --resume "$work/run" --size 3
expect 64 "wanted it without scenario and options" "$program" run --resume "$work/run" --jobs 2
expect 65 "found a run that is complete" "$program" run --resume "$work/whole"
mkdir "$work/other" && echo '{"schema": 1, "status": "running", "command": ["groupbench"]}' \
	> "$work/other/manifest.json"
expect 65 "found no command line of a run" "$program" run --resume "$work/other"

sed -i 's/min: 3/min: 2/' "$work/small.yaml"
expect 65 "found another scenario than the run began with" "$program" run --resume "$work/run"
sed -i 's/min: 2/min: 3/' "$work/small.yaml"

cp "$program" "$work/other-program" && printf x >> "$work/other-program"
expect 65 "found another program than the run began with" "$work/other-program" run --resume "$work/run"

(flock 9 && expect 65 "another process is writing" "$program" run --resume "$work/run"; $good) \
	9>> "$work/run/journal" || good=false
[ "$(md5sum "$work"/run/*)" = "$before" ] || fails "a refused resume changed the run"
result "what is no longer the same run is refused, with the reason"

# The last line is of the sample that found no room.
cp "$work/run/journal" "$work/journal"
for line in "sample 999 1" "sample 0 1" "task 99999" "skipped" "hello"; do
	(head -n -1 "$work/journal" && echo "$line") > "$work/run/journal"
	expect 65 "found \"$line\", wanted a line of this run" "$program" run --resume "$work/run"
done
echo "nonsense" > "$work/run/journal"
expect 65 "/journal: line 1: found \"nonsense\"" "$program" run --resume "$work/run"
: > "$work/run/journal"
expect 65 "found no journal, wanted one of a run" "$program" run --resume "$work/run"
cp "$work/journal" "$work/run/journal"
result "a damaged journal is refused, with the line"

expect 74 "File too large" bash -c "ulimit -f 65 && '$program' run --resume '$work/run' --quiet"
expect 0 "22 of 22 processes" "$program" run --resume "$work/run"
content "$work/run" | cmp - "$work/whole.content" || fails "other samples after a full disk"
[ "$(grep -c '"at":' "$work/run/manifest.json")" -eq 2 ] || fails "the manifest does not tell"
result "a run on a full disk goes on when there is room again"

echo "1..$n"
