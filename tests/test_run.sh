#!/usr/bin/env bash
# The command line of `groupbench run`, `check` and `list`: exit statuses, the message of each
# failure, and what is left in the folder of a run that ended early.
set -u
cd "$(dirname "$0")/.."
program=$(cd "${B:-build}" && pwd)/groupbench
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

# expect STATUS TEXT COMMAND...: runs it; $said is what it said.
good=true
expect() {
	local want=$1 text=$2
	shift 2
	said=$("$@" 2>&1)
	local status=$?
	if [ $status -ne "$want" ] || [[ $said != *"$text"* ]]; then
		echo "# $*"
		echo "# status $status, want $want; said: $said; want: $text"
		good=false
	fi
}

# check COMMAND...: must succeed.
holds() {
	"$@" || { echo "# does not hold: $*" && good=false; }
}

# result NAME: reports what was expected since the last one.
result() {
	n=$((n + 1))
	if $good; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
	good=true
}

manifest_says() {
	grep -q "\"status\": \"$1\"" "$work/run/manifest.json"
}

# Every line of samples.csv is whole: as many fields as the header, and an end.
rows_are_whole() {
	[ "$(tail -c 1 "$work/run/samples.csv" | od -An -c | tr -d ' ')" = '\n' ] &&
		awk -F, 'NR == 1 { n = NF } NF != n { exit 1 }' "$work/run/samples.csv"
}

cat > "$work/short.yaml" << 'END'
# What does measuring cost?
name: short
backends: [null]
size: [2, 5]
samples: { processes: 2, max: 3, budget: 10ms }
measure: [create, { add: 1 }, send]
END
sed 's/size:.*/size: [2..900]/; s/max: 3, budget: 10ms/min: 20, max: 20/' "$work/short.yaml" \
	> "$work/long.yaml"

expect 0 "4 of 4 processes, " "$program" run "$work/short.yaml" --out "$work/run"
holds test "$(tail -n 2 <<< "$said")" = "$work/run/samples.csv"$'\n'"$work/run/manifest.json"
holds manifest_says complete
holds rows_are_whole
holds test "$(grep -c ^null,send,.*,actor,produce "$work/run/samples.csv")" -ge 4
samples=$(grep -c ,server,deliver, "$work/run/samples.csv")
holds grep -q "^4 of 4 processes, $samples samples, each verified" <<< "$said"
holds grep -q "\"samples\": $samples" "$work/run/manifest.json"
holds test "$(wc -l < "$work/run/processes.csv")" -eq 5
holds test "$(head -n 1 "$work/run/processes.csv" | grep -o ',process,.*')" = ,process,began_s,took_s,single_s,cpu_s,left_s,peak_memory_bytes
holds awk -F, 'NR == 1 { n = NF } NF != n || (NR > 1 && !($(NF - 4) >= $(NF - 3))) { exit 1 }' \
	"$work/run/processes.csv"
holds grep -q '"forecast": {' "$work/run/manifest.json"
# A worker of a small group has some megabytes, and the run reports the largest of them all.
holds awk -F, 'NR > 1 && !($NF > 1e6 && $NF < 1e9) { exit 1 }' "$work/run/processes.csv"
most=$(cut -d, -f "$(head -n 1 "$work/run/processes.csv" | tr , '\n' | grep -n peak_memory_bytes | cut -d: -f 1)" \
	"$work/run/processes.csv" | sort -n | tail -n 1)
holds grep -q "\"process_bytes\": $most" "$work/run/manifest.json"
holds grep -q ", each verified; at most $(awk -v b="$most" 'BEGIN { printf "%.0f", b / 1e6 }') MB in one process$" <<< "$said"
result "a run measures and names its files"

sed 's/send/{ remove: 2 }/' "$work/short.yaml" > "$work/large.yaml"
expect 0 "" "$program" run "$work/large.yaml" --size 4 --out "$work/large"
holds test "$(grep -c '"reason": "the group is too small to lose so many members"' \
	"$work/large/manifest.json")" -eq 1
holds grep -q '"operation": "remove"' "$work/large/manifest.json"
result "the manifest says what was not measured"

cat > "$work/states.yaml" << 'END'
# Is what makes no difference measured once?
name: states
backends: [mls, megolm]
size: 3
tree: [cold, full]
olm: [new, chain]
rounds: [1000, 1001]
samples: { processes: 1, max: 1, budget: 1ms }
measure: [create, rekey]
END
# states_of BACKEND OPERATION: tree, olm and rounds of the actor's rows.
states_of() {
	awk -F, -v b="$1" -v o="$2" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["backend"] == b && $at["operation"] == o && $at["role"] == "actor" && $at["phase"] == "produce" {
			print "[" $at["tree"] "," $at["olm"] "," $at["rounds"] "]" }' \
		"$work/states/samples.csv" | sort | tr -d '\n'
}
expect 0 "7 cells at 4 points, 4 processes in all" "$program" check "$work/states.yaml"
expect 0 "4 of 4 processes" "$program" run "$work/states.yaml" --calibration none --out "$work/states"
holds test "$(states_of mls create)" = "[,,]"
holds test "$(states_of mls rekey)" = "[cold,,][full,,]"
holds test "$(states_of megolm create)" = "[,chain,][,new,]"
holds test "$(states_of megolm rekey)" = "[,chain,][,new,]"
result "an axis that makes no difference to an operation does not multiply its cells"

# sizes_of RUN: those it measured.
sizes_of() { cut -d, -f4 "$1/samples.csv" | tail -n +2 | sort -nu | tr '\n' ' '; }
sed 's/size:.*/size: [2, 40, 50]/' "$work/short.yaml" > "$work/sizes.yaml"
expect 0 "6 of 6 processes" "$program" run "$work/sizes.yaml" --max-size 50 --out "$work/all"
holds test "$(sizes_of "$work/all")" = "2 40 50 "
expect 0 "4 of 4 processes" "$program" run "$work/sizes.yaml" --max-size 20 --out "$work/capped"
holds test "$(sizes_of "$work/capped")" = "2 20 "
expect 0 "2 of 2 processes, 6 samples" "$program" run "$work/sizes.yaml" --quick --out "$work/quick"
holds test "$(sizes_of "$work/quick")" = "2 30 "
expect 0 "1 of 1 processes, 3 samples" \
	"$program" run "$work/sizes.yaml" --quick --size 7,8,9 --max-size 7 --out "$work/least"
holds test "$(sizes_of "$work/least")" = "7 "
expect 64 "--max-size: found \"1\", wanted a number from 2 to 1000000" \
	"$program" run "$work/short.yaml" --max-size 1
result "groups and samples are limited where the command line says so"

before=$(md5sum "$work"/run/*)
expect 74 "$work/run: found an earlier run, wanted a new folder" \
	"$program" run "$work/short.yaml" --out "$work/run"
rm "$work/run/manifest.json"
expect 74 "found an earlier run" "$program" run "$work/short.yaml" --out "$work/run"
holds test "$(md5sum "$work"/run/samples.csv)" = "$(grep samples.csv <<< "$before")"
rm -rf "$work/half" && mkdir "$work/half" && echo '{}' > "$work/half/manifest.json"
expect 74 "found an earlier run" "$program" run "$work/short.yaml" --out "$work/half"
holds test "$(cat "$work/half/manifest.json")" = '{}'
result "an earlier run is not touched"

expect 64 "found 0 operands, wanted SCENARIO" "$program" run
expect 64 "found --sise, wanted an option of this command" "$program" run --sise 3 x
expect 64 "found nothing behind the last option, wanted DIR" "$program" run x --out
expect 64 "--size: found \"5..2\", wanted the smaller number first" \
	"$program" run "$work/short.yaml" --size 5..2
expect 64 "--backend: found \"nul\", wanted names of backends" \
	"$program" run "$work/short.yaml" --backend nul
expect 64 "--processes: found \"0\", wanted a number from 1 to 1000" \
	"$program" run "$work/short.yaml" --processes 0
expect 64 "usage: groupbench COMMAND" "$program"
expect 64 "usage: groupbench COMMAND" "$program" rum
result "a wrong command line is status 64"

sed 's/measure/mesure/' "$work/short.yaml" > "$work/bad.yaml"
expect 65 "$work/bad.yaml:6:1: found \"mesure\", wanted a known key; did you mean \"measure\"?" \
	"$program" run "$work/bad.yaml" --out "$work/none"
expect 65 "bad.yaml:6:1: found" "$program" check "$work/short.yaml" "$work/bad.yaml"
holds test ! -e "$work/none"
result "a wrong scenario is status 65, and there is no folder"

echo '{"schema":3,"prices":{}}' > "$work/bad.json"
expect 65 "$work/bad.json: schema: found another, wanted 1" \
	"$program" run "$work/short.yaml" --calibration "$work/bad.json" --out "$work/none"
expect 74 "cannot read $work/nowhere.json" \
	"$program" run "$work/short.yaml" -c "$work/nowhere.json" --out "$work/none"
holds test ! -e "$work/none"
echo '{"schema":1,"prices":{}}' > "$work/prices.json"
expect 0 "" "$program" run "$work/short.yaml" -c "$work/prices.json" --out "$work/priced"
holds cmp "$work/prices.json" "$work/priced/calibration.json"
holds test ! -e "$work/run/calibration.json"
result "a run carries the prices it is given, and none when nothing needs them"

expect 74 "$work/nowhere.yaml: No such file or directory" "$program" run "$work/nowhere.yaml"
expect 74 "groupbench run: $work/short.yaml/run: Not a directory" \
	"$program" run "$work/short.yaml" --out "$work/short.yaml/run"
nowhere() { "$@" > /dev/full; }
for command in --help list "check $work/short.yaml" "completion bash"; do
	# shellcheck disable=SC2086
	expect 74 "groupbench: cannot write the standard output: " nowhere "$program" $command
done
result "what cannot be read or written is status 74"

rm -rf "$work/run"
full() { (ulimit -f 64 && "$program" run "$work/long.yaml" --quiet --out "$work/run"); }
expect 74 "$work/run/samples.csv: File too large" full
holds rows_are_whole
holds manifest_says failed
holds test "$(wc -c < "$work/run/samples.csv")" -le 65536
expect 0 "" "$program" summarise "$work/run"
result "a full disk is status 74, and the run before it is valid"

# begin_run OPTION...: in the background, until there are samples; leaves $pid.
begin_run() {
	rm -rf "$work/run"
	"$program" run "$work/long.yaml" --out "$work/run" "$@" > "$work/said" 2>&1 &
	pid=$!
	for _ in $(seq 200); do
		[ -e "$work/run/samples.csv" ] && [ "$(wc -l < "$work/run/samples.csv")" -gt 50 ] &&
			return
		sleep 0.05
	done
}

# ends STATUS TEXT
ends() {
	wait $pid
	local status=$?
	if [ $status -ne "$1" ] || ! grep -q "$2" "$work/said"; then
		echo "# status $status, want $1; said: $(cat "$work/said"); want: $2"
		good=false
	fi
}

# behind_its_back COMMAND...: while the run stands still, so that it sees all of it or nothing.
behind_its_back() {
	kill -STOP $pid && "$@"
	kill -CONT $pid
}

# lost TEXT: the run ended before its end and says so in one sentence; no worker, which would have its
# standard error, is left, and no file is named that is not there.
lost() {
	ends 74 "groupbench run: $1 while the run wrote to it\$"
	holds test "$(grep -c "^groupbench run: " "$work/said")" = 1
	holds test -z "$(find /proc/[0-9]*/fd/2 -maxdepth 0 -lname "$work/said" 2> /dev/null)"
	if grep -q -e "^1798 of 1798 processes" -e "^$work/run/" "$work/said"; then
		echo "# said: $(cat "$work/said")" && good=false
	fi
}

begin_run --jobs 2 --quiet
behind_its_back rm -rf "$work/run"
lost "$work/run: the folder was deleted or moved"
holds test ! -e "$work/run"
begin_run --quiet
behind_its_back rm "$work/run/samples.csv"
lost "$work/run/samples.csv: the file was deleted or moved"
result "a run whose folder or file is deleted ends with status 74"

expect 0 "" "$program" run "$work/short.yaml" --quiet --out "$work/short"
begin_run --quiet
cp "$work/run/samples.csv" "$work/other.csv"
mv "$work/other.csv" "$work/run/samples.csv"
lost "$work/run/samples.csv: the file was replaced by another"
begin_run --quiet
cp -r "$work/short" "$work/other"
behind_its_back eval 'mv "$work/run" "$work/moved" && mv "$work/other" "$work/run"'
lost "$work/run/samples.csv: the file was replaced by another"
holds diff -r "$work/short" "$work/run"
limit=$(($(wc -c < "$work/moved/samples.csv") / 1024 + 64))
expect 74 "File too large" bash -c "ulimit -f $limit && '$program' run --resume '$work/moved' --quiet"
holds test "$(wc -c < "$work/moved/samples.csv")" -gt $(((limit - 4) * 1024))
result "a run whose folder or file is replaced leaves the other alone, and goes on where it was moved"

begin_run
kill -INT $pid
ends 130 "groupbench run: interrupted"
holds manifest_says interrupted
holds rows_are_whole
expect 0 "" "$program" summarise "$work/run"
result "an interrupted run is status 130, and valid"

# Of many sizes, two have been measured when it is interrupted: what there is is drawn.
cat > "$work/drawn.yaml" << 'END'
# Is what an interrupted run measured drawn?
name: drawn
backends: [mls]
size: [2..900]
samples: { processes: 2, min: 2, max: 2 }
measure: [create, { add: 1 }, rekey]
END
rm -rf "$work/run"
"$program" run "$work/drawn.yaml" --calibration none --out "$work/run" > "$work/said" 2>&1 &
pid=$!
for _ in $(seq 1200); do
	[ -e "$work/run/samples.csv" ] && [ "$(sizes_of "$work/run" | wc -w)" -gt 2 ] && break
	sleep 0.05
done
kill -INT $pid
ends 130 "groupbench run: interrupted"
holds manifest_says interrupted
expect 0 "" "$program" summarise "$work/run"
expect 0 "" "$program" plot "$work/run"
for figure in honest bytes; do
	for end in svg png; do holds test -s "$work/run/plots/$figure.$end"; done
done
holds awk -F, '$1 == "mls" && $2 == "create" { n++ } END { exit !(n > 1) }' "$work/run/summary.csv"
result "an interrupted run is drawn"

# signal_worker SIGNAL: to the worker of the moment, and the next ones until the run has ended: one
# that is done already feels nothing. Other children are LeakSanitizer's, which must not be disturbed.
signal_worker() {
	for _ in $(seq 2000); do
		for child in $(cat "/proc/$pid/task/$pid/children" 2> /dev/null); do
			grep -qs worker "/proc/$child/cmdline" && kill -"$1" "$child" 2> /dev/null
		done
		grep -qs '^State:.[^Z]' "/proc/$pid/status" || return
		sleep 0.005
	done
}

begin_run
signal_worker KILL
ends 70 "the worker was ended by signal 9 (Killed); run ended"
holds manifest_says failed
holds rows_are_whole
result "a worker that dies ends the run with status 70"

begin_run --deadline 500ms
signal_worker STOP
ends 70 "the worker was silent for 500 ms; run ended"
holds rows_are_whole
result "a worker that hangs ends the run with status 70"

expect 0 "What does measuring cost?" "$program" check "$work/short.yaml"
holds grep -q "^6 cells at 2 points, 4 processes in all" <<< "$said"
holds grep -q "null size=5: create add:1 send:256B" <<< "$said"
result "check prints what would be measured"

expect 0 "rekey_after_remove_each" "$program" list
holds grep -q "  null  *null 1; up to" <<< "$said"
holds grep -q "scenarios/quick.yaml" <<< "$said"
result "list names backends, operations, axes and scenarios"

said=$("$program" doctor --time 50ms)
status=$?
case "$said" in
quiet:*) holds test $status -eq 0 ;;
noisy:* | unusable:*) holds test $status -eq 11 ;;
*) holds test "$said" = "quiet, noisy or unusable" ;;
esac
expect 64 "groupbench doctor: --time: found \"3\", wanted a time like" "$program" doctor --time 3
result "doctor says how quiet the machine is, and its status agrees"

expect 0 "\"cipher_suite\": 3," "$program" vectors --size 5 --suite 3 --tree churned:9 --seed 2
expect 0 "" "$program" vectors --size 5 --out "$work/vectors.json"
holds cmp "$work/vectors.json" <("$program" vectors --size 5)
holds test "$(grep -c epoch_authenticator <("$program" vectors -s 5 -e 3 --path no))" = 4
expect 64 'groupbench vectors: --size: found "1", wanted a number from 2 to 1000000' \
	"$program" vectors --size 1
expect 64 'groupbench vectors: --tree: found "oak", wanted cold full' "$program" vectors --tree oak
expect 64 'groupbench vectors: --suite: found "8", wanted 1 2 3' "$program" vectors --suite 8
expect 64 'groupbench vectors: --path: found "", wanted yes no' "$program" vectors --path ""
expect 74 "cannot write /dev/null/vectors.json" "$program" vectors --out /dev/null/vectors.json
expect 74 "cannot write the standard output" nowhere "$program" vectors --size 5
result "vectors writes a group to a file or to the standard output, the same each time"

for shell in bash zsh fish; do expect 0 groupbench "$program" completion $shell; done
expect 64 "usage: groupbench completion" "$program" completion tcsh
holds bash -n <("$program" completion bash)
completions() {
	# shellcheck disable=SC1090
	source <("$program" completion bash)
	COMP_WORDS=(groupbench run --si) COMP_CWORD=2
	_groupbench && echo "${COMPREPLY[*]}"
}
expect 0 "--size" completions
result "completion comes from the option tables"

echo "1..$n"
