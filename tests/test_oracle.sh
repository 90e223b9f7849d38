#!/usr/bin/env bash
# No backend that lies gets a number out of `groupbench run`: for each mutant of
# tests/support/mutants.h, and each operation in which it lies, the run ends with status 12, says
# so, and has no row of that backend. The real backends pass the same scenarios.
set -u
cd "$(dirname "$0")/.."
program=$(cd "${B:-build}" && pwd)/tests/groupbench_mutants
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

# The operations in which a mutation is a lie.
declare -A operations=(
	[idle]="create|{ add: 1 }|rekey|{ remove: 1 }|send|{ add_each: 2 }|{ rekey_after_add: 1 }"
	[constant]="{ add: 1 }|rekey|{ remove: 1 }|{ rekey_after_remove: 1 }"
	[reusing]="create|{ add: 1 }|rekey|{ remove: 1 }|send"
	[unserved]="create|{ add: 1 }|rekey|{ remove: 1 }"
	[leaky]="{ remove: 1 }|{ remove_each: 2 }|{ rekey_after_remove: 1 }"
	[open_past]="{ add: 1 }|{ add_each: 2 }"
	[replaying]="create|{ add: 1 }|rekey|{ remove: 1 }|send"
	[forgeable]="create|{ add: 1 }|rekey|{ remove: 1 }|send"
	[forgetful]="create|{ add: 1 }|rekey|{ remove: 1 }|{ add_each: 2 }|{ rekey_after_add: 1 }"
	[keyless]="create|{ add: 1 }|rekey|{ remove: 1 }"
)
# With keys of a sender, an add hands out the ones there are: no digest changes.
operations[megolm-constant]="rekey|{ remove: 1 }|{ rekey_after_remove: 1 }"

# What the oracle must have noticed, where a lie shows in one way only.
declare -A notices=(
	[constant]="the keys of device 0 are the old ones"
	[leaky]="accepted a message sent after it was removed"
	[open_past]="accepted a message sent before it joined"
	[replaying]="accepted a replay of a message"
	[forgeable]="accepted a forged message"
	[forgetful]=" on, wanted "
	[keyless]=" cannot read device 0, wanted from message "
)

# run BACKENDS OPERATION: into $work/run; leaves $status and $said.
run() {
	rm -rf "$work/run"
	printf '# A lie?\nname: lie\nbackends: [%s]\nsize: [7]\nmeasure: [%s]\n%s\n' "$1" "$2" \
		'samples: { processes: 2, min: 2, max: 2 }' > "$work/lie.yaml"
	said=$("$program" run "$work/lie.yaml" --out "$work/run" --quiet \
		--calibration none 2>&1)
	status=$?
}

rows_of() {
	grep -c "^$1," "$work/run/samples.csv" 2> /dev/null
}

# test NAME: succeeds as the last command did.
result() {
	local good=$?
	n=$((n + 1))
	if [ $good -eq 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed "s/^/# status $status: /" <<< "$said"
	fi
}

names=$("$program" list | awk '/^backends/ { on = 1; next } /^[^ ]/ { on = 0 } on { print $1 }')
for name in $names; do
	base=${name%%-*} mutation=${name#*-}
	if [ "$name" = "$base" ]; then
		run "$name" "create, { add: [1, 2] }, { add_each: 2 }, rekey, { remove: 1 },
			{ rekey_after_add: 1 }, { rekey_after_remove: 1 }, send"
		[ $status -eq 0 ] && [ "$(rows_of "$name")" -gt 0 ]
		result "$name is honest"
		continue
	fi
	IFS='|' read -r -a lies <<< "${operations[$name]:-${operations[$mutation]:-}}"
	for operation in "${lies[@]}"; do
		run "$name" "$operation"
		[ $status -eq 12 ] && [ "$(rows_of "$name")" -eq 0 ] && [[ $said == *"$name: "* ]] &&
			[[ $said == *"${notices[$mutation]:-}"* ]]
		result "$name $operation"
	done
	[ ${#lies[@]} -gt 0 ]
	result "$name lies somewhere"
	# An honest backend beside it keeps what it measured, and the run fails all the same.
	run "$base, $name" "${lies[0]}"
	[ $status -eq 12 ] && [ "$(rows_of "$name")" -eq 0 ]
	result "$name beside $base"
done

# keys PROGRAM: three senders, each of whom claims a key of each device, most of which are dormant.
keys() {
	rm -rf "$work/run"
	printf '# A lie?\nname: lie\nbackends: [megolm]\nsize: [12]\nsenders: [3]\nolm: [new]\n%s\n%s\n' \
		'measure: [rekey]' 'samples: { processes: 1, min: 2, max: 2 }' > "$work/lie.yaml"
	said=$("$(dirname "$program")/$1" run "$work/lie.yaml" --out "$work/run" --quiet --calibration none 2>&1)
	status=$?
}
keys groupbench_mutants
[ $status -eq 0 ] && grep -q '^megolm,.* once ' "$work/run/samples.csv"
result "three senders claim a key each"
keys groupbench_reclaims
[ $status -eq 12 ] && [ "$(rows_of megolm)" -eq 0 ] &&
	[[ $said == *" one-time keys were used a second time"* ]]
result "a directory that gives a one-time key twice"
echo "1..$n"
