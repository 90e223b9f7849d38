#!/usr/bin/env bash
# What `make install` leaves is enough to build against: a program found by pkg-config runs
# with the shared and with the static library, and a plugin's header compiles alone.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
CC=${CC:-cc}
n=0

# holds NAME COMMAND...
holds() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@" > "$work/log" 2>&1; then
		echo "ok $n - $name"
	else
		sed 's/^/# /' "$work/log"
		echo "not ok $n - $name"
	fi
}

flags() {
	PKG_CONFIG_PATH="$work/stage/opt/x/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/stage" pkg-config "$@"
}

shared_program() {
	$CC -o "$work/shared" "$work/program.c" $(flags --cflags --libs libmls) &&
		LD_LIBRARY_PATH="$work/stage/opt/x/lib" "$work/shared"
}

static_program() {
	$CC -o "$work/static" "$work/program.c" $(flags --cflags libmls) \
		"$work/stage/opt/x/lib/libmls.a" -lcrypto -lsodium -lgmp && "$work/static"
}

plugin() {
	echo '#include <groupbench_backend.h>' | $CC -std=c11 -Wall -Werror -fsyntax-only \
		-I"$work/stage/opt/x/include" -x c -
}

# Each header alone, in C and in C++.
headers_alone() {
	local header
	for header in "$work/stage/opt/x/include/"mls*.h; do
		echo "#include \"$header\"" > "$work/header.c"
		$CC -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only "$work/header.c" || return
		g++ -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ "$work/header.c" || return
	done
	[ "$(find "$work/stage" -name 'mls*.h' | wc -l)" -gt 2 ]
}

# A C++ program with only <mls.h> finds the functions of the library under their C names.
cxx_program() {
	sed 's/<string.h>/<cstring>/' "$work/program.c" > "$work/program.cc"
	g++ -o "$work/cxx" "$work/program.cc" $(flags --cflags --libs libmls) &&
		LD_LIBRARY_PATH="$work/stage/opt/x/lib" "$work/cxx"
}

private_is_absent() {
	! find "$work/stage" -name '*probe*' | grep .
}

# The installed program draws with what was installed, not with the source tree.
draws() {
	"$work/stage/opt/x/bin/groupbench" run scenarios/quick.yaml -q -c none -b null -s 2,4 -p 1 \
		--budget 1ms -o "$work/run" &&
		"$work/stage/opt/x/bin/groupbench" summarise "$work/run" &&
		(cd / && "$work/stage/opt/x/bin/groupbench" plot "$work/run" --format svg) &&
		grep -q "New keys for the group" "$work/run/plots/honest.svg"
}

cat > "$work/program.c" << 'END'
#include <mls.h>
#include <string.h>

int main(void)
{
	if (!strstr(mls_crypto_version(MLS_CRYPTO_OPENSSL), "OpenSSL"))
		return 1;
	return strlen(mls_crypto_version(MLS_CRYPTO_SODIUM)) == 0;
}
END
echo 1..9
holds installs make --no-print-directory install DESTDIR="$work/stage" PREFIX=/opt/x
holds version test "$(flags --modversion libmls)" = "$(sed -n 's/^VERSION := //p' Makefile)"
holds shared_library shared_program
holds static_library static_program
holds headers_alone headers_alone
holds cxx_program cxx_program
holds plugin_header plugin
holds probes_stay_behind private_is_absent
holds draws draws
