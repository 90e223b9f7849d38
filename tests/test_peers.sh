#!/usr/bin/env bash
# Other implementations, as far as `make peers` has built them: each keeps what a backend promises,
# is measured under the oracle, and refuses what its list in peers/ says and nothing else.
set -u
cd "$(dirname "$0")/.."
B=${B:-build}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0
unset CMOCKA_MESSAGE_OUTPUT

good=true
holds() { "$@" > "$work/said" 2>&1 || { echo "# does not hold: $*" && head -n 40 "$work/said" | sed "s/^/# /" && good=false; }; }
result() {
	n=$((n + 1))
	if $good; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
	good=true
}

# scenario NAME: path: yes is not for everybody.
scenario() {
	local path=yes
	[ "$1" != ts-mls ] || path=no
	cat > "$work/scenario.yaml" << END
# Does a peer run?
name: peers
backends: [$1]
size: [2, 9]
tree: [cold, full]
path: [$path]
tree_delivery: [welcome, fetched]
samples: { processes: 1, min: 2, max: 2 }
measure: [create, { add: 1 }, { add_each: 2 }, { remove: 1 }, rekey, send, { catch_up: 5 }, store, { publish: 3 }, { withhold: 1 }]
END
}

# A full tree that a peer does not make itself: mls/ makes it, and the peer's devices join.
large_scenario() {
	scenario "$1"
	sed -i -e 's/^size:.*/size: [130]/' -e 's/^tree:.*/tree: [full]/' \
		-e 's/^measure:.*/measure: [{ add: 1 }, { remove: 1 }, rekey, send]/' "$work/scenario.yaml"
}

# operations NAME: what not every peer has is verified where its list of what it has not says nothing.
operations() {
	local operation function row
	while read -r operation function row; do
		if grep -q "^$function: not offered" "peers/unsupported/$1.txt"; then
			holds test "$(grep -c "^$1,$operation," "$work/$1/samples.csv")" -eq 0
		else
			holds grep -q "^$1,$operation,.*$row" "$work/$1/samples.csv"
		fi
	done << 'END'
publish enrol ,actor,produce,
withhold withhold ,withheld,process,
END
}

# slip PEER WORDS OTHERS: PEER, "node FILE", with another expression in its module, which is one that
# JavaScript throws an error for where something is refused. It must end the run, and not pass for a
# refusal.
slip() {
	local folder=$work/slip file=${1#node }
	rm -rf "$folder" && cp -r "$(dirname "$file")" "$folder"
	sed -i "s/$2/$3/" "$folder"/*.mjs
	holds grep -qrF --include='*.mjs' "$3" "$folder"
	scenario "$(basename "${file%.*}")"
	sed -i -e 's/^size:.*/size: [2]/' -e 's/^tree:.*/tree: [cold]/' -e 's/^measure:.*/measure: [send]/' \
		-e 's/^tree_delivery:.*//' "$work/scenario.yaml"
	! "$B/groupbench" run "$work/scenario.yaml" --plugin "node $folder/$(basename "$file")" \
		--out "$work/slip-$(basename "$file")" > "$work/slipped" 2>&1 || good=false
	holds grep "failed.*Error: .*run ended" "$work/slipped"
}

# byte_columns BACKEND BUT: its rows with what they are of, their bytes and their raw bytes, in order, but
# for the columns whose name the pattern BUT has.
byte_columns() {
	awk -F, -v backend="$1" -v but="$2" '
		NR == 1 {
			for (i = 1; i <= NF; i++) {
				at[$i] = i
				if ($i ~ /_bytes$/ && $i !~ /^(count|state)_/ && (but == "" || $i !~ but)) bytes[++n] = i
			}
			next
		}
		$1 == backend {
			line = $2 "," $at["size"] "," $at["olm"] "," $at["sender_device_keys"] "," $at["role"] "," $at["phase"]
			for (i = 1; i <= n; i++) line = line "," $bytes[i]
			print line
		}' "$work/raw/samples.csv" | sort
}

# answered BACKEND: what the directory gave who has to claim a key of each of eight others.
answered() {
	awk -F, -v backend="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		$1 == backend && $2 == "rekey" && $at["size"] == 9 && $at["olm"] == "new" &&
			$at["sender_device_keys"] == "yes" && $at["role"] == "actor" { print $at["key_material_down_bytes"] }
		' "$work/raw/samples.csv" | sort -u
}

# uploaded BACKEND MORE: what a new device uploads, so many bytes less a key; and raw bytes.
uploaded() {
	awk -F, -v backend="$1" -v more="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		$1 == backend && $2 == "publish" && $at["role"] == "actor" && $at["key_material_bytes"] > 0 {
			print $at["k"], $at["key_material_bytes"] - more * ($at["k"] + 1), $at["key_material_raw_bytes"]
		}' "$work/raw/samples.csv" | sort -u
}

# bytes_of PEER NAME VALUES MORE BUT [OTHER]: its envelopes, and what is behind them, are as long as those
# of megolm, with these values of sender_device_keys and these operations beside the usual ones, but for
# the operation OTHER.
bytes_of() {
	scenario "$2"
	sed -i -e "s/^backends:.*/backends: [megolm, $2]/" -e '/^path:/d; /^tree/d; /^measure:/d' "$work/scenario.yaml"
	cat >> "$work/scenario.yaml" << 'END'
olm: [new, ratchet]
END
	echo "measure: [create, { add: 1 }, rekey, { remove: 1 }, send$4]" >> "$work/scenario.yaml"
	echo "sender_device_keys: [$3]" >> "$work/scenario.yaml"
	rm -rf "$work/raw"
	holds "$B/groupbench" run "$work/scenario.yaml" --plugin "$1" --out "$work/raw" -c none
	byte_columns megolm "$5" | grep -v "^${6:-nothing}," > "$work/raw.megolm"
	byte_columns "$2" "$5" | grep -v "^${6:-nothing}," > "$work/raw.peer"
	holds diff "$work/raw.megolm" "$work/raw.peer"
	holds grep -q '^create,9,new,yes,actor,produce,.*,16010,.*10192,1792,' "$work/raw.megolm"
}

# Which words of a library are its own faults: unit tests of what the peers in Rust share, built with what
# their crates have brought already.
if cargo --version > /dev/null 2>&1 && [ -d build/peers/rust/target ]; then
	holds env CARGO_TARGET_DIR="$PWD/build/peers/rust/target" bash -c \
		'cd peers/rust/glue && cargo test --quiet --offline --lib'
	result "what the peers in Rust share passes its own tests"
else
	n=$((n + 1))
	echo "ok $n # SKIP no peer in Rust is built: make peers"
fi

shopt -s nullglob
peers=(build/peers/rust/*.so)
for name in ts-mls olm-wasm; do
	if [ -e "build/peers/node/$name.mjs" ]; then
		peers+=("node build/peers/node/$name.mjs")
	else
		n=$((n + 1))
		echo "ok $n # SKIP $name is not built: make peers"
	fi
done
if [ ${#peers[@]} -eq 0 ]; then
	n=$((n + 1))
	echo "ok $n # SKIP no peer is built: make peers"
	echo "1..$n"
	exit 0
fi
for peer in "${peers[@]}"; do
	name=$(basename "${peer%.*}")
	holds "$B/tests/test_contract" "$peer"
	result "$name keeps what a backend promises"
	scenario "$name"
	holds "$B/groupbench" run "$work/scenario.yaml" --plugin "$peer" --out "$work/$name"
	holds grep -q "^$name,rekey,.*,process," "$work/$name/samples.csv"
	operations "$name"
	result "$name is measured"
	if grep -q '^tree = grown.*:' "peers/unsupported/$name.txt"; then
		large_scenario "$name"
		holds "$B/groupbench" run "$work/scenario.yaml" --plugin "$peer" -c none --out "$work/$name-large"
		holds grep -q "^$name,rekey,,130,full,.*,process,.*,bytes digest" "$work/$name-large/samples.csv"
		result "$name is measured in a tree that mls made"
	fi
	"$B/tests/plugin_answers" "$peer" > "$work/answers" || good=false
	holds diff "peers/unsupported/$name.txt" "$work/answers"
	result "$name refuses what peers/unsupported/$name.txt says"
	case $name in
	ts-mls) slip "$peer" 'using, mls\.acceptAll);' 'using, mls.acceptAll).catch((e) => e.none.such);' ;;
	vodozemac)
		# Its names of keys have five digits more, of which the directory gives one with each.
		bytes_of "$peer" "$name" 'yes, no' ', { withhold: [1, 2] }, { publish: [1, 50, 100] }' \
			'^(key_material_)?down_bytes$' publish
		holds grep -q '^withhold,9,.*,withheld,process,' "$work/raw.peer"
		holds test "$(answered megolm), $(answered vodozemac)" = "2137, $((2137 + 8 * 5))"
		holds test "$(uploaded megolm 0 | cut -d' ' -f1 | tr '\n' ' ')" = '1 100 50 '
		holds diff <(uploaded megolm 0) <(uploaded vodozemac 5)
		result "$name has the bytes of megolm, raw and in envelopes"
		continue
		;;
	olm-wasm)
		bytes_of "$peer" "$name" yes ', { withhold: [1, 2] }, { publish: [1, 50, 100] }' ''
		holds grep -q '^publish,9,.*,actor,produce,' "$work/raw.peer"
		holds grep -q '^withhold,9,.*,withheld,process,' "$work/raw.peer"
		result "$name has the bytes of megolm, raw and in envelopes"
		slip "$peer" 'throw new Rejected("a replay");' 'throw new Rejcted("a replay");'
		;;
	*) continue ;;
	esac
	result "a slip of $name is no refusal"
done
echo "1..$n"
