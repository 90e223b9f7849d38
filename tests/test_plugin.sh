#!/usr/bin/env bash
# Backends of shared objects and of other processes: measured like built-in ones, and refused with
# one clear message when they are none, do not fit, die, hang or lie.
set -u
cd "$(dirname "$0")/.."
B=$(cd "${B:-build}" && pwd)
program=$B/groupbench
plugins=$B/tests/plugins
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

good=true
expect() {
	local want=$1 text=$2 status
	shift 2
	said=$("$@" 2>&1)
	status=$?
	if [ $status -ne "$want" ] || [[ $said != *"$text"* ]]; then
		echo "# $*: status $status, want $want; said: $said; want: $text"
		good=false
	fi
}
holds() { "$@" || { echo "# does not hold: $*" && good=false; }; }
result() {
	n=$((n + 1))
	if $good; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
	good=true
}

# scenario NAME...: measures these backends.
scenario() {
	local list
	list=$(IFS=,; echo "$*")
	cat > "$work/scenario.yaml" << END
# Does a plugin run?
name: plugin
backends: [$list]
size: [2, 9]
samples: { processes: 1, min: 2, max: 2 }
measure: [create, { add: 1 }, rekey, send]
END
}

scenario null null_plugin
null=$B/peers/null/null_plugin.so
expect 65 "found \"null_plugin\", wanted a backend: mls, null, megolm" "$program" check "$work/scenario.yaml"
expect 0 "null_plugin size=9" "$program" check "$work/scenario.yaml" --plugin "$null"
expect 0 "  null_plugin              null 1" "$program" list --plugin "$null"
expect 0 "4 of 4 processes" "$program" run --plugin "$null" --plugin "$null" "$work/scenario.yaml" \
	--out "$work/run"
holds grep -q "\"file\": \"${null#"$PWD"/}\"" "$work/run/manifest.json"
rows() { grep "^$1," "$work/run/samples.csv" | cut -d, -f2-7,18-23 | sort; }
holds cmp <(rows null) <(rows null_plugin)
expect 0 "" "$program" summarise "$work/run"
result "a plugin is measured like a built-in backend"

for shape in older newer; do
	scenario $shape
	expect 0 "2 of 2 processes" "$program" run "$work/scenario.yaml" --plugin "$plugins/$shape.so" \
		--out "$work/$shape"
done
holds grep -q ',reopen,' "$work/older/samples.csv"
holds grep -q ',rollback,' "$work/newer/samples.csv"
result "the table of functions may be shorter or longer"

# refused STATUS NAME TEXT
refused() { expect "$1" "groupbench: --plugin: $3" "$program" list --plugin "$2"; }
refused 74 "$work/nowhere.so" "$work/nowhere.so: No such file or directory"
refused 74 "$work/scenario.yaml" "$work/scenario.yaml: "
refused 74 "$plugins/unresolved.so" "$plugins/unresolved.so: "
holds grep -q "function_of_nobody" <<< "$said"
refused 65 "$plugins/no_entry.so" \
	"$plugins/no_entry.so: found no function groupbench_backend, wanted a plugin that exports it"
refused 65 "$plugins/no_table.so" \
	"$plugins/no_table.so: found no table of functions, wanted a plugin that returns one"
refused 65 "$plugins/other_interface.so" "$plugins/other_interface.so: the plugin speaks interface version 4, this program 3"
refused 65 "$plugins/short_table.so" "$plugins/short_table.so: found a struct gb_backend of 64 bytes, wanted at least "
refused 65 "$plugins/lacks_functions.so" "$plugins/lacks_functions.so: the plugin lacks the required function axis"
refused 65 "$plugins/taken_name.so" "$plugins/taken_name.so: found the name \"null\", which another backend has"
holds test "$(wc -l <<< "$said")" -eq 1
result "what is no plugin is refused with one line"

# ends STATUS NAME TEXT OPTION...: a run with this plugin.
ends() {
	local status=$1 name=$2 text=$3
	shift 3
	scenario "$name"
	rm -rf "$work/run"
	expect "$status" "$text" "$program" run "$work/scenario.yaml" --plugin "$plugins/$name.so" \
		--out "$work/run" --quiet "$@"
	holds test -z "$(pgrep -f "$plugins/$name.so")"
}
ends 70 crashes "crashes: 2 members: the worker was ended by signal 6"
holds test "$(grep -c ,rekey, "$work/run/samples.csv")" -eq 0
ends 70 hangs "hangs: 2 members: the worker was silent for 500 ms; run ended" --deadline 500ms
ends 70 lingers "lingers: 2 members: the worker was silent for 500 ms; run ended" --deadline 500ms
ends 12 lies "lies: 2 members, rekey: "
ends 0 talks "2 of 2 processes"
holds test "$(grep -c '^talks,rekey,.*,actor,produce,' "$work/run/samples.csv")" -eq 4
result "a plugin that dies, hangs, lies or prints is one clear end, or none"

null='python3 peers/python/null_child.py'
scenario null null_python
expect 0 "null_python size=9" "$program" check "$work/scenario.yaml" --plugin "$null"
expect 0 "  null_python              null in Python 1" "$program" list --plugin "$null"
rm -rf "$work/run"
expect 0 "4 of 4 processes" "$program" run --plugin "$null" --plugin "$null" "$work/scenario.yaml" \
	--out "$work/run"
holds grep -q "\"command\": \"$null\"" "$work/run/manifest.json"
for file in null_child groupbench_child; do
	holds grep -q "\"file\": \"peers/python/$file.py\"" "$work/run/manifest.json"
done
holds grep -q "\"file\": \"$(realpath "$(command -v python3)")\"" "$work/run/manifest.json"
holds cmp <(rows null) <(rows null_python)
holds grep -q '^null_python,rekey,.*,actor,produce,.*,backend,' "$work/run/samples.csv"
result "a backend in another process is measured like a built-in backend"

expect 0 "PASSED" env -u CMOCKA_MESSAGE_OUTPUT "$B/tests/test_contract" "$null"
holds grep -q "OK.* null_python-unserved founders_agree_and_read" <<< "$said"
holds test "$(grep -c ' OK ' <<< "$said")" -ge 20
result "a backend in another process keeps what it promises, and its mutants are caught"

bad="python3 tests/plugins/bad_child.py"
# refused STATUS WHAT TEXT: what it does when it is greeted.
refused() { expect "$1" "groupbench: --plugin: $bad $2 hello: $3" "$program" list --plugin "$bad $2 hello"; }
refused 65 dies "the child closed its standard output during hello; it ended with status 3"
holds grep -q "bad_child: out of cheese" <<< "$said"
refused 65 talks "the child wrote to its standard output what is no frame, during hello: \"row null,rekey"
refused 65 cuts "the child answered hello with malformed results; "
refused 65 adds "the child answered hello with malformed results; "
refused 65 speaks_another "the child speaks version 3 of the protocol, this program 2"
refused 65 is_old "the child speaks version 1 of the protocol, this program 2"
holds test "$(wc -l <<< "$said")" -eq 1
refused 65 offers_what_is_no_call "the child answered hello with malformed results; "
refused 65 has_another_interface "the plugin speaks interface version 4, this program 3"
refused 65 lacks_a_call "the plugin lacks the required function join"
refused 65 misspells "the child answered hello with malformed results; "
refused 65 takes_a_name "found the name \"null\", which another backend has"
holds test "$(wc -l <<< "$said")" -eq 1
expect 74 "groupbench: --plugin: nobody-has-this x: nobody-has-this: No such file or directory" \
	"$program" list --plugin "nobody-has-this x"
scenario bad
expect 70 "bad: the child closed its standard output during axis; it ended with status 3" \
	"$program" check "$work/scenario.yaml" --plugin "$bad dies axis"
result "a process that is no backend is refused with one line"

# It has one call of two or three, and dies if it is asked.
sed -i 's/^measure:.*/measure: [{ withhold: 1 }, { publish: 2 }]/' "$work/scenario.yaml"
for call in withhold enrol; do
	rm -rf "$work/run"
	expect 0 "0 samples" "$program" run "$work/scenario.yaml" --plugin "$bad dies $call" --out "$work/run"
	holds grep -q '"reason": "this backend gives its keys to every member: ' "$work/run/manifest.json"
	holds grep -q '"reason": "this backend has no call by which a new device ' "$work/run/manifest.json"
done
scenario bad
result "an operation of which a process has half the calls is a cell that says so"

# No process of this test is left, at the latest when the kernel has told it that its parent is gone.
none_left() {
	local i
	for ((i = 0; i < 200; i++)); do
		[ -n "$(pgrep -f "tests/plugins/bad_child.py [a-z_]* rekey $$\$")" ] || return 0
		sleep 0.1
	done
	return 1
}

# ends STATUS WHAT TEXT OPTION...: a run in which it does that at rekey.
ends() {
	local status=$1 what=$2 text=$3
	shift 3
	rm -rf "$work/run"
	expect "$status" "$text" "$program" run "$work/scenario.yaml" --plugin "$bad $what rekey $$" \
		--out "$work/run" --quiet "$@"
	holds none_left
	holds test "$(grep -c ,rekey, "$work/run/samples.csv")" -eq 0
}
at="bad: 2 members, rekey: rekey: device 0 failed: the child"
ends 70 dies "$at closed its standard output during rekey; it ended with status 3; run ended"
holds grep -q "bad_child: out of cheese" <<< "$said"
ends 70 is_killed "$at closed its standard output during rekey; it was ended by signal 15 (Terminated); run ended"
ends 70 hangs "bad: 2 members: the worker was silent for 500 ms; run ended" --deadline 500ms
ends 70 talks "$at wrote to its standard output what is no frame, during rekey: \"row null,rekey.sample 0."
ends 70 answers_another "$at answered rekey out of turn: found the answer "
# Seen before the next question is sent, or behind it: that is a race.
ends 70 answers_twice " out of turn"
ends 70 babbles "$at answered rekey with a malformed frame; "
ends 70 is_overlong "$at answered rekey with a frame of another size than 1 to 268435456 bytes; it was ended"
ends 70 stops_halfway "$at closed its standard output during rekey; it ended with status 5"
ends 70 cuts "$at answered rekey with malformed results; "
ends 70 adds "$at answered rekey with malformed results; "
ends 70 invents "$at answered rekey with malformed results; "
ends 70 has_more_raw_than_bytes "$at answered rekey with malformed results; "
ends 70 sends_too_much "bad: 2 members, rekey: the backend sent more bytes sent than the outbox holds"
ends 70 forges "bad: 2 members, rekey: the backend sent a message in the name of another device"
ends 70 raises "bad: 2 members, rekey: rekey: device 0 failed: ZeroDivisionError: "
ends 12 lies "bad: 2 members, rekey: "
result "a process that dies, hangs, lies or babbles is one clear end, without a row"

# The first steps of docs/backends.md, word for word but for the place.
steps=$(sed -n '/^    mkdir \.\.\/mine/,/^$/p' docs/backends.md | sed "s|\.\./mine|$work/mine|g; s|^ *groupbench |'$program' |")
expect 0 "  mine " bash -ec "$steps"
scenario mine
expect 0 "2 of 2 processes" "$program" run "$work/scenario.yaml" --plugin "$work/mine/mine.so" --out "$work/mine/run"
cp -r peers/python "$work/copy"
sed -i 's/"null_python"/"copied"/' "$work/copy/null_child.py"
scenario copied
expect 0 "2 of 2 processes" "$program" run "$work/scenario.yaml" --plugin "python3 $work/copy/null_child.py" \
	--out "$work/copy/run"
result "a copy of either null plugin is a backend of its own, made as docs/backends.md says"

# A run that failed goes on with the same files only.
cp -r peers/python "$work/python"
sed -i 's/world.counter += 1$/&; import os; world.counter % 4 or os._exit(6)/' "$work/python/null_child.py"
scenario null_python
rm -rf "$work/run"
expect 70 "it ended with status 6" "$program" run "$work/scenario.yaml" --out "$work/run" --quiet \
	--plugin "python3 $work/python/null_child.py"
expect 70 "it ended with status 6" "$program" run --resume "$work/run"
echo "# changed" >> "$work/python/groupbench_child.py"
expect 65 "found another version or file of a backend than the run began with" "$program" run --resume "$work/run"
result "a run does not go on with a process whose files have changed"

echo "1..$n"
