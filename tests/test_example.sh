#!/usr/bin/env bash
# The example programs of docs/mls.md compile without a warning, run, and print what the page
# says that they print.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
B=${B:-build}
read -ra compile < "$B/flags" # with the sanitizers that libmls.so was built with

# block LANGUAGE N: the Nth code block of the page that begins with ```LANGUAGE.
block() {
	awk -v start="\`\`\`$1" -v want="$2" '
		/^```/ && inside { inside = 0; next }
		$0 == start && !inside { inside = 1; n++; next }
		/^```/ { inside = 1; skip = 1 }
		inside && n == want && !skip { print }
		!inside { skip = 0 }' docs/mls.md
}

report() {
	if [ "$2" -eq 0 ]; then
		echo "ok $1 - $3"
	else
		sed 's/^/# /' "$work/log"
		echo "not ok $1 - $3"
	fi
}

# example N: the Nth program, whose output is the Nth block without a language.
example() {
	block c "$1" > "$work/example.c"
	"${compile[@]}" -Imls/include -o "$work/example" "$work/example.c" \
		"$B/libmls.so" > "$work/log" 2>&1
	report $((2 * $1 - 1)) $? "example $1 compiles"
	block "" "$1" > "$work/want"
	LD_LIBRARY_PATH=$work "$work/example" "$work/kept" > "$work/log" 2>&1 &&
		diff "$work/want" "$work/log" > "$work/diff" 2>&1
	report $((2 * $1)) $? "example $1 prints what the page says"
}

echo 1..4
soname=$(objdump -p "$B/libmls.so" | awk '$1 == "SONAME" { print $2 }')
cp "$B/libmls.so" "$work/$soname"
mkdir "$work/kept"
example 1
example 2
