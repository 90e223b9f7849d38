#!/usr/bin/env bash
# The crypto floor against what real backends were counted doing, at every role: with prices
# of 1 for one primitive and 0 for all others, floor_ns is how often the floor has it. The
# floor must never be above what was done, and where the backend wastes nothing, equal.
set -u
cd "$(dirname "$0")/.."
program=$(cd "${B:-build}" && pwd)/groupbench
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

# The first pass tries forged messages, which expands secret trees, and must be dropped: hence
# the budget.
cat > "$work/floor.yaml" << 'END'
# How often is each primitive unavoidable?
name: floor
backends: [mls, megolm]
size: [5, 8, 9, 33]
tree: [cold, full, grown, halfblank, churned:30]
olm: [new, ratchet, chain]
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [create, { add: 1 }, { add: 3 }, { add_each: 2 }, rekey, send, { remove: [1, 2] },
  { remove_each: 2 }, { rekey_after_add: 2 }, { rekey_after_add_each: 2 },
  { rekey_after_remove: 2 }, { rekey_after_remove_each: 2 }]
END
sed 's/backends: .*/backends: [mls]/; s/^size:.*/size: [6]/; s/^tree:.*/tree: [full]/; /^olm:/d
	s/^samples/path: no\nhandshake: private\ntree_delivery: fetched\n&/' \
	"$work/floor.yaml" > "$work/options.yaml"
sed 's/^tree:.*/&\npadding: 100/; /^olm:/d; /^  /d; s/backends: .*/backends: [mls]/; s/^measure:.*/measure: [send]/' \
	"$work/floor.yaml" > "$work/padded.yaml"

primitives="keygen dh signer_keygen sign sign_bytes verify verify_bytes hash hash_blocks hmac_keys
	hmac aead aead_bytes cbc cbc_bytes random_bytes pbkdf2_rounds"
algorithms="x25519 ed25519 sha256 aes128gcm aes256gcm chacha20poly1305 aes256cbc random pbkdf2_sha512"

# The parts of a first message, users who vouch for their devices, messages that do not say whose.
cat > "$work/users.yaml" << 'END'
# The same where users have devices.
name: users
backends: [megolm]
size: [5, 8, 9]
olm: [new, ratchet, chain]
verification: [device, cross_signed]
sender_device_keys: [yes, no]
devices_per_user: [1, 3]
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [create, claim, verify, session, encrypt, { add: 1 }, { add: 4 }, rekey, { remove: 1 }]
END

# Several devices that act, one after the other.
cat > "$work/senders.yaml" << 'END'
# The same where several devices send.
name: senders
backends: [megolm]
size: [5, 12, 25]
olm: [new, ratchet, chain]
senders: [2, zipf]
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [create, { add: 2 }, rekey, { remove: 2 }, { rekey_after_add: 2 }]
END
# Sessions that have served their time.
sed 's/^name:.*/name: rotation/; s/^senders:.*/rotation_messages: 3/; s/^measure:.*/measure: [send_rotated]/' \
	"$work/senders.yaml" > "$work/rotation.yaml"
sed 's/^measure:.*/measure: [{ remove_each: 2 }, { rekey_after_remove: 2 }]/' \
	"$work/senders.yaml" > "$work/again.yaml"

# Newcomers who get the keys of the past.
cat > "$work/past.yaml" << 'END'
# The same where newcomers may read what was said before.
name: past
backends: [megolm]
size: [5, 8, 9]
olm: [new, ratchet, chain]
history: shared
verification: cross_signed
sender_device_keys: [yes, no]
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [create, { add: 1 }, { add: 4 }, { add_each: 2 }, rekey, { remove: 1 }]
END

# Keys of the past, to another device of the user and to a backup.
cat > "$work/handover.yaml" << 'END'
# The same where a device gives keys of the past to another one.
name: handover
backends: [megolm]
size: [5]
olm: [new, ratchet, chain]
devices_per_user: 2
verification: [device, cross_signed]
sender_device_keys: [yes, no]
rounds: 1000
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [{ forward: [1, 7] }, { key_file: [1, 7] }]
END
for run in recover dehydrated; do
	sed "s/^name:.*/name: $run/; s/^measure:.*/measure: [{ $run: [1, 2, 7, 8] }]/" "$work/handover.yaml" > "$work/$run.yaml"
done
cat > "$work/archive.yaml" << 'END'
# The same where a server keeps them.
name: archive
backends: [megolm]
size: [5]
olm: [chain]
backup: [pk, pk_mac, sym]
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [{ backup: [1, 9, 25] }, { restore_one: [1, 25] }, { restore_room: [9, 25] },
  { restore_all: [1, 25] }]
END

# Keys that are withheld.
cat > "$work/withhold.yaml" << 'END'
# The same where some members get no new keys.
name: withhold
backends: [megolm]
size: [5, 12]
olm: [new, ratchet, chain]
senders: [1, 2]
verification: [device, cross_signed]
sender_device_keys: [yes, no]
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [{ withhold: [1, 2] }]
END
# What a new device uploads.
cat > "$work/publish.yaml" << 'END'
# The same before anybody can reach a device.
name: publish
backends: [mls, megolm]
size: [3]
suite: [1, 3]
verification: [device, cross_signed]
identity: [16, 40, 100]
samples: { processes: 1, min: 1, max: 1, budget: 60s }
measure: [{ publish: [1, 2, 7, 12] }]
END

# prices PRIMITIVE...: a calibration in which these cost 1 and all others nothing.
prices() {
	local library algorithm primitive price all libraries=
	for library in openssl libolm; do
		all=
		for algorithm in $algorithms; do
			local row=
			for primitive in $primitives; do
				price=0
				[[ " $* " == *" $primitive "* ]] && price=1
				row+=",\"$primitive\":{\"minimum\":[$price,$price],\"median\":[$price,$price]}"
			done
			all+=",\"$algorithm\":{${row:1}}"
		done
		libraries+=",\"$library\":{${all:1}}"
	done
	echo "{\"schema\":1,\"prices\":{${libraries:1}}}"
}

# agrees RUN BACKEND RULE COLUMN PRIMITIVE...: the floor of the primitives and the counts of
# the column are `equal`, or the floor is `below` or equal; in every cell that has a floor.
# With `stepped` they are equal, and one more for each sender where somebody receives a message with
# a new ratchet key: libolm does the Diffie-Hellman of such a step twice, as it does, whatever the
# axis says, of the first answer after a recovery. With `process` they are equal where a
# member takes something in, and the floor is below where an actor reads its own commit again when
# it comes back, or a newcomer searches for the parent hash that fits. Who creates an MLS group
# makes its own first leaf in the same call, which could have been made before, and protects a
# commit that nobody but itself will see: there it is below.
agrees() {
	local run=$1 backend=$2 rule=$3 column=$4 output
	shift 4
	n=$((n + 1))
	prices "$@" > "$work/$run/calibration.json"
	output=$("$program" summarise "$work/$run" 2>&1) &&
		output=$(awk -F, -v backend="$backend" -v rule="$rule" -v column="count_$column" '
			NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
			$1 != backend || $at["floor_ns"] == "" { next }
			{ is = $at[column]; floor = $at["floor_ns"]; cells++ }
			rule == "stepped" && $at["olm"] == "ratchet" && floor > 0 &&
				($at["phase"] == "process" || $at["phase"] == "join") { floor += $at["senders"] }
			floor > is || (rule ~ /^(equal|stepped)$/ && floor < is && $at["counts_exact"] == "yes" &&
				!(backend == "mls" && $2 == "create")) ||
			(rule == "process" && floor < is && $at["phase"] == "process") {
				print $2, "k " $3, "size " $4, $5 $6, $at["role"] ": floor " floor ", counted " is
				bad++
			}
			END { if (cells < 20) print "only " cells + 0 " cells"; exit bad || cells < 20 }
		' "$work/$run/summary.csv")
	if [ $? -eq 0 ]; then
		echo "ok $n - $run $backend $column"
	else
		echo "not ok $n - $run $backend $column"
		head -20 <<< "$output" | sed 's/^/# /'
	fi
}

for run in floor options padded users past senders rotation again handover recover dehydrated archive \
	withhold publish; do
	if ! said=$("$program" run "$work/$run.yaml" --out "$work/$run" -q --calibration none 2>&1); then
		echo "not ok 1 - run"
		sed 's/^/# /' <<< "$said"
		exit 1
	fi
done

echo 1..119
for run in floor options; do
	agrees $run mls equal keygen keygen
	agrees $run mls equal dh dh
	agrees $run mls equal sign sign
	agrees $run mls equal verify verify
	agrees $run mls equal aead aead
	agrees $run mls equal aead_bytes aead_bytes
	agrees $run mls process hash hash
	agrees $run mls process hmac hmac
	agrees $run mls below hash_blocks hash_blocks
done
agrees padded mls equal aead_bytes aead_bytes
agrees padded mls equal hmac hmac
for run in floor users past senders rotation withhold; do
	agrees $run megolm equal keygen keygen signer_keygen
	agrees $run megolm stepped dh dh
	agrees $run megolm equal sign sign
	agrees $run megolm equal verify verify
	agrees $run megolm equal cbc cbc
	agrees $run megolm equal cbc_bytes cbc_bytes
	agrees $run megolm below hash_blocks hash_blocks
done
# When several act a second time, libolm makes ratchet keys that the order of their reading demands.
agrees again megolm below keygen keygen signer_keygen
agrees again megolm below dh dh
agrees again megolm equal sign sign
agrees again megolm equal verify verify
agrees again megolm equal cbc cbc
agrees again megolm equal cbc_bytes cbc_bytes
agrees again megolm below hash_blocks hash_blocks
for run in handover recover archive; do
	agrees $run megolm equal keygen keygen signer_keygen
	agrees $run megolm $([ $run = recover ] && echo below || echo stepped) dh dh
	agrees $run megolm equal sign sign
	agrees $run megolm equal verify verify
	agrees $run megolm equal cbc cbc
	agrees $run megolm equal cbc_bytes cbc_bytes
	agrees $run megolm equal aead aead
	agrees $run megolm equal aead_bytes aead_bytes
	agrees $run megolm equal pbkdf2_rounds pbkdf2_rounds
	agrees $run megolm below hash_blocks hash_blocks
done
for backend in mls megolm; do
	agrees publish $backend equal keygen keygen signer_keygen
	agrees publish $backend equal sign sign
	agrees publish $backend equal dh dh
	agrees publish $backend equal verify verify
	agrees publish $backend equal hash_blocks hash_blocks
	agrees publish $backend below random_bytes random_bytes
done
# Where a device is dehydrated and read again, libolm pickles it, and every public key is made again.
agrees dehydrated megolm equal dh dh
agrees dehydrated megolm equal aead aead
agrees dehydrated megolm equal aead_bytes aead_bytes
agrees dehydrated megolm below keygen keygen signer_keygen
agrees dehydrated megolm below sign sign
agrees dehydrated megolm below verify verify
agrees dehydrated megolm below cbc_bytes cbc_bytes
agrees dehydrated megolm below hash_blocks hash_blocks
