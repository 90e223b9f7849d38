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
holds() { "$@" > "$work/said" 2>&1 || { echo "# does not hold: $*" && sed 's/^/# /' "$work/said" && good=false; }; }
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
measure: [create, { add: 1 }, { add_each: 2 }, { remove: 1 }, rekey, send, { catch_up: 5 }, store]
END
}

# A full tree that a peer does not make itself: mls/ makes it, and the peer's devices join.
large_scenario() {
	scenario "$1"
	sed -i -e 's/^size:.*/size: [130]/' -e 's/^tree:.*/tree: [full]/' \
		-e 's/^measure:.*/measure: [{ add: 1 }, { remove: 1 }, rekey, send]/' "$work/scenario.yaml"
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

# raw_columns BACKEND: its rows with what they are of, their bytes and their raw bytes, in order.
raw_columns() {
	awk -F, -v backend="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i; if ($i ~ /_bytes$/ && $i !~ /^(count|state)_/) raw[++n] = i }; next }
		$1 == backend {
			line = $2 "," $at["size"] "," $at["olm"] "," $at["sender_device_keys"] "," $at["role"] "," $at["phase"]
			for (i = 1; i <= n; i++) line = line "," $raw[i]
			print line
		}' "$work/raw/samples.csv" | sort
}

# raw_bytes_of PEER NAME VALUES: its envelopes, and what is behind them, are as long as those of megolm,
# with these values of sender_device_keys.
raw_bytes_of() {
	scenario "$2"
	sed -i -e "s/^backends:.*/backends: [megolm, $2]/" -e '/^path:/d; /^tree/d; /^measure:/d' "$work/scenario.yaml"
	cat >> "$work/scenario.yaml" << 'END'
olm: [new, ratchet]
measure: [create, { add: 1 }, rekey, { remove: 1 }, send]
END
	echo "sender_device_keys: [$3]" >> "$work/scenario.yaml"
	holds "$B/groupbench" run "$work/scenario.yaml" --plugin "$1" --out "$work/raw" -c none
	raw_columns megolm > "$work/raw.megolm"
	raw_columns "$2" > "$work/raw.peer"
	holds diff "$work/raw.megolm" "$work/raw.peer"
	holds grep -q '^create,9,new,yes,actor,produce,.*,16010,5776,10192,1792,' "$work/raw.megolm"
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
		raw_bytes_of "$peer" "$name" 'yes, no'
		result "$name has the bytes of megolm, raw and in envelopes"
		continue
		;;
	olm-wasm)
		raw_bytes_of "$peer" "$name" yes
		result "$name has the bytes of megolm, raw and in envelopes"
		slip "$peer" 'throw new Rejected("a replay");' 'throw new Rejcted("a replay");'
		;;
	*) continue ;;
	esac
	result "a slip of $name is no refusal"
done
echo "1..$n"
