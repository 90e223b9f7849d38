#!/usr/bin/env bash
# Every check of tools/lint is provoked in a copy of the tree, and must say so.
set -u
cd "$(dirname "$0")/.."
objects=$(cd "${B:-build}" && pwd)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
n=0

# fails NAME CHECK TEXT COMMAND: after COMMAND in a fresh copy, CHECK fails and prints TEXT.
fails() {
	local output status
	rm -rf "$work/tree" && mkdir "$work/tree"
	git ls-files -co --exclude-standard -z | tar -c --null --ignore-failed-read -T - 2> /dev/null |
		tar -x -C "$work/tree"
	mkdir -p "$work/tree/build"
	cp "$objects"/*.a "$objects"/libmls.so "$work/tree/build/"
	output=$(cd "$work/tree" && eval "$4" && B=build tools/lint "$2")
	status=$?
	n=$((n + 1))
	if [[ $status -eq 1 && $output == *"$3"* ]]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed "s/^/# status $status: /" <<< "$output"
	fi
}

# object ARCHIVE SOURCE: adds an object to an archive of the copy.
object() {
	echo "$2" | ${CC:-cc} -c -x c -o build/extra.o - && ar r "build/$1" build/extra.o 2> /dev/null
}

# analysing FOLDER SOURCE: an object as if it were compiled there.
analysing() {
	mkdir -p "build/bench/$1"
	echo "$2" | ${CC:-cc} -c -x c -o "build/bench/$1/extra.o" -
}

declaring='echo "void mls_only_declared(void);" >> mls/include/mls.h'
hundred='for i in $(seq 100); do echo "	x++;"; done'
echo 1..32
fails upward_include layers "of a higher layer" 'echo "#include \"codec.h\"" >> mls/slice.h'
fails file_without_layer layers "in no layer" 'echo "int mls_x;" > mls/stray.c'
fails path_in_include includes "reaches out" 'echo "#include \"../mls/buf.h\"" >> bench/main.c'
fails clock_in_mls includes "no clock" 'echo "#include <time.h>" >> mls/buf.c'
fails probe_in_mls includes "probe" 'echo "#include \"mls_probe.h\"" >> mls/buf.c'
fails library_knows_harness includes "nothing of benchmarks" \
	'echo "#include <groupbench_backend.h>" >> mls/buf.c'
fails printing_statistics includes "is pure" 'echo "#include <stdio.h>" > bench/stats/extra.c'
fails protocol_in_analysis includes "knows no protocol" 'echo "#include \"mls.h\"" > bench/analyse/extra.c'
fails uncounted_allocation allocations "memory.h" 'echo "void *f(void) { return malloc(1); }" >> mls/codec.c'
fails openssl_anywhere crypto_headers "crypto.h" 'echo "#include <openssl/evp.h>" >> mls/codec.c'
fails openssl_in_bench crypto_headers "crypto.h" 'echo "#include <openssl/evp.h>" >> bench/main.c'
fails symbol_of_mls symbols "libmls.a[extra.o]: stray" 'object libmls.a "int stray;"'
fails symbol_of_probe symbols "libmls_probe.a[extra.o]: stray" 'object libmls_probe.a "int stray;"'
fails symbol_of_megolm symbols "libmegolm.a[extra.o]: stray" 'object libmegolm.a "int stray;"'
fails symbol_of_bench symbols "libbench.a[extra.o]: stray" 'object libbench.a "int stray;"'
fails unbuilt_archive symbols "not built" 'rm build/libmls.a'
fails declared_only exports "mls_only_declared: declared" "$declaring"
fails exported_only exports "mls_extra: in libmls.so" \
	'echo "int mls_extra;" | ${CC:-cc} -shared -x c -o build/libmls.so -'
fails analysis_calls_protocol reads_files_only "link no protocol" \
	'analysing analyse "int mls_x(void); int f(void) { return mls_x(); }"'
fails statistics_call_crypto reads_files_only "link no protocol" \
	'analysing stats "int EVP_x(void); int f(void) { return EVP_x(); }"'
fails price_of_a_wrapper raw_prices "no code of ours" \
	'analysing prices "int mls_x(void); int f(void) { return mls_x(); }"'
fails price_of_a_room raw_prices "no code of ours" \
	'analysing prices "int megolm_x(void); int f(void) { return megolm_x(); }"'
fails layout layout "mls/buf.c" 'sed -i "s/^	/  /" mls/buf.c'
fails long_function sizes "function f has 100 lines" \
	"{ echo 'int f(int x)'; echo {; $hundred; echo }; } >> mls/buf.c"
fails long_file sizes "at most 700" "for i in 1 2 3 4 5 6 7; do $hundred; done >> mls/buf.c"
fails peer_with_too_much peers "peers/rust/openmls: " "for i in 1 2 3 4; do $hundred; done > peers/rust/openmls/src/extra.rs"
fails child_with_too_much peers "peers/node/olm-wasm.mjs: " "for i in 1 2 3 4; do $hundred; done >> peers/node/olm-wasm.mjs"
fails nameless_file names "one idea" 'touch bench/run/utils.c'
fails nameless_header names "one idea" 'touch mls/tree_types.h'
fails unfinished_work words "unfinished" 'echo "/* TO""DO */" >> mls/buf.c'
fails path_of_a_machine words "path of one machine" 'echo "see /ho""me/someone/x" >> packages'
fails path_of_a_machine_in_results words "path of one machine" 'echo "/ro""ot/run" >> results/published/README.md'
