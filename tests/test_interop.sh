#!/usr/bin/env bash
# mls/ behind the working group's service MLSClient: its own runner plays every script of it on
# two servers of ours, in one suite of each kind of signature. Needs what is not part of the
# repository; says what is missing and how to get it.
set -u
cd "$(dirname "$0")/.."
export B=${B:-build} MLS_INTEROP=${MLS_INTEROP:-../mls-implementations}
log=$B/interop/test.log

missing() {
	[ -e "$MLS_INTEROP/interop/proto/mls_client.proto" ] ||
		echo "$MLS_INTEROP not found: MLS_INTEROP=DIRECTORY names a checkout of mlswg/mls-implementations"
	[ -n "$(command -v grpc_cpp_plugin)" ] && pkg-config --exists grpc++ ||
		echo "gRPC not found: tools/install-packages interop"
	[ -n "$(command -v go)" ] || echo "go not found: it builds the runner"
}

reason=$(missing | head -1)
if [ -n "$reason" ]; then
	echo 1..1
	echo "ok 1 # SKIP $reason"
	exit 0
fi
echo 1..2
mkdir -p "$B/interop"
scripts=(welcome_join application commit external_join external_proposals branch reinit)
if make interop > "$log" 2>&1 &&
	interop/run -1 -s 2 -s 3 "${scripts[@]/#/-c}" > "$log" 2>&1; then
	echo "ok 1 - the runner's scripts pass"
else
	sed 's/^/# /' "$log"
	echo "not ok 1 - the runner's scripts pass"
fi

# A runner in which its assignments are made in another way.
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
mkdir -p "$work/interop/proto" "$work/interop/test-runner" "$work/build/interop"
touch "$work/go.mod" "$work/interop/proto/mls_client.proto"
echo "package main" > "$work/interop/test-runner/main.go"
said=$(B=$work/build MLS_INTEROP=$work interop/run -1 2>&1)
status=$?
if [ $status -eq 1 ] && [[ $said == "$work/interop/test-runner/main.go: found no append(tuple, v)"* ]] &&
	[ "$(wc -l <<< "$said")" -eq 1 ]; then
	echo "ok 2 - a runner that cannot be mended is refused with one line"
else
	echo "# status $status: $said"
	echo "not ok 2 - a runner that cannot be mended is refused with one line"
fi
