#!/usr/bin/env bash
# Backends of shared objects: measured like built-in ones, and refused with one clear message
# when they are none, do not fit, die, hang or lie.
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
holds grep -q "\"file\": \"$null\"" "$work/run/manifest.json"
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
refused 65 "$plugins/other_interface.so" "$plugins/other_interface.so: the plugin speaks interface version 2, this program 1"
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
ends 12 lies "lies: 2 members, rekey: "
ends 0 talks "2 of 2 processes"
holds test "$(grep -c '^talks,rekey,.*,actor,produce,' "$work/run/samples.csv")" -eq 4
result "a plugin that dies, hangs, lies or prints is one clear end, or none"

echo "1..$n"
