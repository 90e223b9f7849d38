# make               build everything: build/groupbench, build/libmls.a, build/libmls.so, ...
# make run           bring in missing packages, build, run scenarios/quick.yaml, draw it
# make scenarios     the same for every file in scenarios/ (hours)
# make reproduce     what others published, beside what is measured here (SIZE=1000)
# make smoke         see that every one of them runs, in small groups
# make test          bring in missing packages, build and run every test
# make threads       ThreadSanitizer on the tests that start threads
# make valgrind      every test program under valgrind (half an hour)
# make lint          the rules a compiler cannot see
# make fuzz          every entry of outside bytes under libFuzzer (FUZZ_SECONDS=60 each)
# make corpus        the inputs that fuzz targets make by themselves, anew
# make mutants       removes each check of mls/ in turn: does a test notice? (ONLY=file:line)
# make coverage      which lines and branches the tests reach: build/coverage/index.html
# make memory        what a member of a large group needs (SIZES=): docs/performance.md
# make prices        ways of calling OpenSSL, crypto.h and libsodium: docs/performance.md
# make hostile       what a byte from outside can cost, for each kind of message: docs/mls.md
# make end-to-end    times whole commands with hyperfine
# make peers         other implementations as plugins: docs/backends.md, Peers
# make soak          1,000 random lives of groups of mixed implementations (WALKS=, SEED=)
# make kills         200 runs killed at random moments and resumed, nothing lost (KILLS=)
# make interop       mls/ as a server for the MLS working group's interop runner (MLS_INTEROP=)
# make install       the program, libmls, its headers (DESTDIR=, PREFIX=/usr/local)
# make clean         remove what was built
#
# CC=clang           the second compiler
# SAN=1              with AddressSanitizer and UndefinedBehaviorSanitizer
# SAN=thread         with ThreadSanitizer
# V=1                print whole commands
# YES=1              answer yes when packages are to be installed
# Settings for one machine (CC, CFLAGS, ...) go in config.mak, which git ignores.

.DELETE_ON_ERROR:
.SUFFIXES:
-include config.mak

ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := $(if $(findstring clang,$(CC)),clang++,g++)
endif
VERSION := 0.1.0
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
sanitizers := $(if $(filter thread,$(SAN)),thread,address -fsanitize=undefined)
SANFLAGS = $(if $(SAN),-fsanitize=$(sanitizers) -fno-sanitize-recover=all -fno-omit-frame-pointer)
B       := build$(if $(SAN),$(if $(filter thread,$(SAN)),/tsan,/san))$(if $(findstring clang,$(CC)),/clang)$(if $(VARIANT),/$(VARIANT))
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wstrict-prototypes \
           -Wmissing-prototypes -Wundef -Wwrite-strings -Wvla -Werror
WARN    += $(if $(findstring Free Software,$(shell $(CC) --version 2>/dev/null)),-Wjump-misses-init)
FLAGS    = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) $(CFLAGS) $(SANFLAGS) $(DEFINES)

mls_libs    := -lcrypto -lsodium -lgmp
megolm_libs := -lolm -lcrypto -ljansson -ldl
bench_libs  := -lyaml -ljansson -lm -lz

objects  = $(patsubst %.c,$(B)/%.o,$(sort $(wildcard $(addsuffix /*.c,$(1)))))
mls          := $(call objects,mls)
mls_probe    := $(call objects,mls/probe)
megolm       := $(call objects,megolm megolm/probe)
bench        := $(call objects,bench bench/run bench/delivery bench/stats bench/analyse bench/prices bench/backends)
test_support := $(call objects,tests/support)
tests        := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/test_*.c)))
measurements := $(addprefix $(B)/tests/,crypto_prices suite_prices pickle_prices member_memory hostile_prices plugin_answers)
fuzzers      := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

comma := ,
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-4s %s\n' $(1) $@)

all: $(B)/groupbench $(B)/libmls.a $(B)/libmls.so $(B)/libmls.pc $(B)/libmegolm.a

# What each directory may include. The benchmark is given public headers and nothing
# else; only the adapter of a protocol sees that protocol. Reaching across does not compile.
$(mls):          INC := -Imls -Imls/include
$(mls_probe):    INC := -Imls -Imls/include -Imls/probe
$(megolm):       INC := -Imegolm -Imegolm/include -Imegolm/probe
$(bench):        INC := -Ibench -Ibench/include
$(filter $(B)/bench/backends/mls%,$(bench)):    INC += -Imls/include -Imls/probe
$(filter $(B)/bench/backends/megolm%,$(bench)): INC += -Imegolm/include -Imegolm/probe
$(B)/tests/%.o:  INC := -I. -Itests/support -Ibench -Ibench/include -Imls -Imls/include -Imls/probe \
                        -Imegolm -Imegolm/include -Imegolm/probe

# What the manifest of a run says about the program.
$(B)/bench/run/environment.o: INC += -I$(B)
$(B)/bench/run/environment.o: $(B)/build_facts.h
$(B)/build_facts.h: $(B)/flags $(B)/revision
	$(Q)sed 's/["\\]/\\&/g; 1s/.*/#define GB_BUILD_FLAGS "&"/' $(B)/flags > $@
	$(Q)sed 's/.*/#define GB_BUILD_REVISION "&"/' $(B)/revision >> $@

$(B)/mls/version.o: DEFINES += -DMLS_VERSION='"$(VERSION)"'

# Objects of the libraries also go into libmls.so.
$(mls): PIC := -fPIC

# With MUTANTS=1, mls/ is compiled from sources in which each check can be switched off.
ifneq ($(MUTANTS),)
mutants := $(B)/tests/mutants/mutants.o
$(mls): INC += -Itests/mutants
$(B)/mutated/sites: tools/mutate $(wildcard mls/*.[ch] mls/include/*.h)
	@mkdir -p $(@D)
	$(Q)tools/mutate $(@D) $(filter-out $<,$^)
$(mls:$(B)/mls/%.o=$(B)/mutated/%.c): $(B)/mutated/sites ;
$(mls): $(B)/mls/%.o: $(B)/mutated/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(FLAGS) $(INC) -MMD -MP -c -o $@ $<
endif

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(FLAGS) $(PIC) $(INC) -MMD -MP -c -o $@ $<

# Rewritten only when the text changes. A new flag recompiles, a deleted source
# re-archives; the manifest of a run quotes $(B)/flags.
$(B)/flags:   TEXT = $(CC) $(FLAGS)
$(B)/sources: TEXT = $(mls) $(mls_probe) $(megolm) $(bench)
$(B)/place:   TEXT = $(VERSION) $(PREFIX) $(LIBDIR)
$(B)/revision: TEXT = $(shell git describe --always --dirty --exclude='*' 2>/dev/null || echo unknown)
$(B)/flags $(B)/sources $(B)/place $(B)/revision: FORCE
	@mkdir -p $(@D)
	@echo '$(TEXT)' | cmp -s - $@ || echo '$(TEXT)' > $@

$(B)/libmls.a:       $(mls) $(mutants)
$(B)/libmls_probe.a: $(mls_probe)
$(B)/libmegolm.a:    $(megolm)
$(B)/libbench.a:     $(filter-out %/bench/main.o,$(bench))
$(B)/libsupport.a:   $(test_support)
$(B)/lib%.a: $(B)/sources
	$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)

# Only what the installed headers declare is exported. mls_counts.h declares nothing and stays behind.
mls_headers := $(filter-out %/mls_counts.h,$(sort $(wildcard mls/include/*.h)))
$(B)/libmls.map: $(mls_headers) tools/declared.awk
	$(Q){ echo '{ global:'; awk -f tools/declared.awk $(filter %.h,$^) | sed 's/$$/;/'; \
	      echo 'local: *; };'; } > $@

soname := libmls.so.$(firstword $(subst ., ,$(VERSION)))
$(B)/libmls.so: $(mls) $(B)/libmls.map
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) -shared -Wl,-soname,$(soname) -Wl,--version-script=$(B)/libmls.map \
	        -o $@ $(mls) $(mls_libs)

$(B)/libmls.pc: mls/libmls.pc.in $(B)/place
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' $< > $@

libraries := $(B)/libbench.a $(B)/libmls_probe.a $(B)/libmls.a $(B)/libmegolm.a
link_libs  = -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(bench_libs) $(megolm_libs) $(mls_libs)
$(B)/groupbench: $(B)/bench/main.o $(libraries) megolm/interposed.list
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) -Wl,--dynamic-list=megolm/interposed.list -o $@ $(filter %.o,$^) $(link_libs)

# The program with a list of backends that lie; its own list stays in the archive. And with an mls/
# that wastes time, or a key directory that forgets: calls of these functions go through tests/groupbench_*.c.
variants := $(addprefix $(B)/tests/groupbench_,mutants reclaims waste_verify waste_fetch)
$(variants): $(B)/bench/main.o
$(B)/tests/groupbench_reclaims: WRAP := -Wl,--wrap=gb_megolm_claim
$(B)/tests/groupbench_waste_verify: WRAP := -Wl,--wrap=mls_verify
$(B)/tests/groupbench_waste_fetch: WRAP := $(addprefix -Wl$(comma)--wrap=mls_,hash hmac_key_init hmac_keyed \
        aead_seal aead_open)

# The null backend as a plugin, and plugins that must be refused. Each includes null.c.
plugins := $(B)/peers/null/null_plugin.so \
           $(patsubst %.c,$(B)/%.so,$(wildcard tests/plugins/*.c))
$(plugins): $(B)/%.so: %.c bench/backends/null.c bench/include/groupbench_backend.h $(B)/flags
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) -shared -fPIC -I. -Ibench -Ibench/include -o $@ $<

# Fuzz targets read their corpus, unless a fuzzer drives them.
$(fuzzers): $(if $(FUZZER),,$(B)/tests/fuzz/replay.o)

# Lets the test fail any allocation of the archives, and know their secrets.
$(B)/tests/test_nomem: WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=free \
        $(addprefix -Wl$(comma)--wrap=mls_,hkdf_expand hkdf_extract hkdf_extract_keyed key_generate key_import \
        signer_generate signer_import dh)

$(B)/tests/test_past_secrets: WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=free

$(tests) $(fuzzers) $(variants) $(measurements): %: %.o $(B)/libsupport.a $(libraries)
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) $(FUZZER) $(WRAP) $(if $(mutants),-Wl$(comma)--wrap=_cmocka_run_group_tests) -rdynamic -o $@ $(filter %.o,$^) $(link_libs) -lcmocka

# make knows its own -j only while a recipe runs; without one, all processors build.
jobs = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

# Packages first: what a bare machine lacks would already stop the build.
purposes := build $(if $(findstring clang,$(CC)),clang)
run:       measured := scenarios/quick.yaml
scenarios: measured := $(wildcard scenarios/*.yaml)
smoke:     measured := --quick $(wildcard scenarios/*.yaml)
run scenarios smoke:
	@tools/install-packages $(purposes) run
	@$(MAKE) --no-print-directory $(jobs) all
	@B=$(B) tools/measure $(measured)

# What others published, beside what this machine measures. 1,000 members take some ten minutes,
# 100,000 some hours.
SIZE ?= 1000
reproduce:
	@tools/install-packages $(purposes) run
	@$(MAKE) --no-print-directory $(jobs) all
	@B=$(B) tools/reproduce $(SIZE) results/runs/reproduce-$(SIZE)-$(shell date -u +%Y%m%dT%H%M%SZ)

# Whole commands, from outside: what starting costs, and the quick scenario per backend.
end-to-end:
	@tools/install-packages $(purposes) end-to-end
	@$(MAKE) --no-print-directory $(jobs) all
	hyperfine -N --warmup 5 '$(B)/groupbench --help' '$(B)/groupbench check scenarios/quick.yaml'
	hyperfine --runs 3 --prepare 'rm -rf $(B)/end-to-end' -L backend null,mls,megolm \
	        '$(B)/groupbench run scenarios/quick.yaml -b {backend} -o $(B)/end-to-end -q'

test:
	@tools/install-packages $(purposes) run test
	@$(MAKE) --no-print-directory $(jobs) programs
	@B=$(B) tests/run-tests -l $(B)/tests/logs $(tests) $(fuzzers) $(test_scripts)

programs: all $(plugins) $(tests) $(fuzzers) $(variants) $(measurements)

# One member's state in its own process. 1000000 takes some minutes and 3 GB.
SIZES ?= 1000 10000 100000
memory:
	@tools/install-packages $(purposes) test
	@$(MAKE) --no-print-directory $(jobs) $(B)/tests/member_memory
	@$(B)/tests/member_memory $(SIZES)

prices:
	@tools/install-packages $(purposes) test
	@$(MAKE) --no-print-directory $(jobs) $(B)/tests/crypto_prices $(B)/tests/suite_prices $(B)/tests/pickle_prices
	@$(B)/tests/crypto_prices
	@$(B)/tests/suite_prices
	@$(B)/tests/pickle_prices

hostile:
	@tools/install-packages $(purposes) test
	@$(MAKE) --no-print-directory $(jobs) $(B)/tests/hostile_prices
	@$(B)/tests/hostile_prices

# Scripts about the tree itself or about times, and long ones, run once, the others for each way of
# building.
once         := $(addprefix tests/test_,error_rows.sh install.sh interop.sh lint.sh peers.sh published.sh runner.sh scenarios.sh waste.sh)
test_scripts := $(filter-out $(if $(filter-out build,$(B)),$(once)),$(wildcard tests/test_*.sh))

# ThreadSanitizer on those tests that start threads.
threads:
	@tools/install-packages $(purposes) test
	@$(MAKE) --no-print-directory $(jobs) SAN=thread run-threads

run-threads: $(B)/tests/test_threads
	@B=$(B) tests/run-tests -l $(B)/tests/logs $^

# Every test program, and the corpora of the fuzz targets, under valgrind. Tests that walk over
# everything take wider steps there: tests/support/stride.h.
memcheck := valgrind -q --error-exitcode=98 --leak-check=full --errors-for-leak-kinds=definite,possible
valgrind:
	@tools/install-packages $(purposes) test valgrind
	@$(MAKE) --no-print-directory $(jobs) programs
	@GB_MEMCHECK=1 B=$(B) tests/run-tests -t 7200 -l $(B)/tests/valgrind -w '$(memcheck)' $(tests) $(fuzzers)

lint:
	@tools/install-packages $(purposes) lint
	@$(MAKE) --no-print-directory $(jobs) all
	@B=$(B) CC='$(CC)' tools/lint

# Every entry of outside bytes under libFuzzer, FUZZ_SECONDS each. What it finds goes to
# build/san/clang/fuzz/found/; put it into tests/fuzz/corpus/, and it stays tested.
FUZZ_SECONDS ?= 60
fuzz:
	@tools/install-packages build clang test
	@$(MAKE) --no-print-directory $(jobs) CC=clang SAN=1 VARIANT=fuzz FUZZER=-fsanitize=fuzzer \
	        CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' run-fuzzers

run-fuzzers: $(fuzzers)
	@for f in $^; do name=$${f##*/fuzz_}; mkdir -p $(B)/found/$$name; \
	    echo "fuzz_$$name, $(FUZZ_SECONDS) s"; \
	    $$f -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(B)/found/$$name/ \
	        $(B)/found/$$name tests/fuzz/corpus/$$name > $(B)/$$name.log 2>&1 || \
	        { cat $(B)/$$name.log; exit 1; }; tail -1 $(B)/$$name.log; done

# Inputs from runs of our own, for those targets that define fuzz_seeds.
corpus: $(fuzzers)
	@grep -l '^void fuzz_seeds' $(fuzzers:$(B)/%=%.c) | while read -r f; do \
	    mkdir -p tests/fuzz/corpus/$$(basename $$f .c | sed s/^fuzz_//); \
	    $(B)/$${f%.c} --seeds; done

# One build in which any check can be switched off, then the tests for each of them.
mutants:
	@tools/install-packages build test
	@$(MAKE) --no-print-directory $(jobs) VARIANT=mutants MUTANTS=1 WARN=-w CFLAGS='-O1 -g' \
	        run-mutants

ifneq ($(MUTANTS),)
mls_tests := $(shell grep -lE 'MLS_ERR_|"(members|vectors|scene)\.h"' tests/test_*.c)
run-mutants: $(mls_tests:%.c=$(B)/%)
	@tools/mutants $(B)/mutated/sites $^
endif

# Members of one group on different implementations, for longer than `make test` has time. Those
# plugins take part that are built.
WALKS ?= 1000
SEED  ?= 1
soak:
	@tools/install-packages $(purposes) test
	@$(MAKE) --no-print-directory $(jobs) $(B)/tests/test_mixed
	@$(B)/tests/test_mixed $(WALKS) $(SEED)

# Kills runs at more moments than `make test` does, and resumes them.
KILLS ?= 200
kills:
	@tools/install-packages $(purposes)
	@$(MAKE) --no-print-directory $(jobs) $(B)/groupbench
	@KILLS=$(KILLS) B=$(B) tests/test_resume.sh

# The server that the working group's runner drives. Its .proto is read from a checkout of
# mls-implementations, and what is generated from it stays in build/.
MLS_INTEROP ?= ../mls-implementations
proto       := $(MLS_INTEROP)/interop/proto/mls_client.proto
rpc         := $(B)/interop/mls_client.pb.o $(B)/interop/mls_client.grpc.pb.o
interop     := $(patsubst %.cc,$(B)/%.o,$(sort $(wildcard interop/*.cc)))
CXXWARN     := -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wundef -Wwrite-strings -Werror

interop:
	@[ -e $(proto) ] || { echo "$(proto): not found. MLS_INTEROP=DIRECTORY names a checkout of" \
	    "mlswg/mls-implementations: docs/mls.md, Interoperability." >&2; exit 1; }
	@tools/install-packages $(purposes) interop
	@$(MAKE) --no-print-directory $(jobs) $(B)/interop/interop_server

$(B)/interop/mls_client.pb.cc: $(proto)
	@mkdir -p $(@D)
	$(call say,RPC)
	$(Q)protoc -I $(<D) --cpp_out=$(@D) --grpc_out=$(@D) \
	        --plugin=protoc-gen-grpc=$$(command -v grpc_cpp_plugin) $(<F)

$(B)/interop/mls_client.grpc.pb.cc: $(B)/interop/mls_client.pb.cc

$(rpc): %.o: %.cc $(B)/flags
	$(call say,CXX)
	$(Q)$(CXX) -std=c++17 $(CFLAGS) $(SANFLAGS) -I$(@D) -c -o $@ $<

$(interop): $(B)/%.o: %.cc $(B)/flags $(B)/interop/mls_client.grpc.pb.cc
	$(call say,CXX)
	$(Q)$(CXX) -std=c++17 $(CXXWARN) $(CFLAGS) $(SANFLAGS) -Imls/include -isystem $(B)/interop \
	        -MMD -MP -c -o $@ $<

$(B)/interop/interop_server: $(interop) $(rpc) $(B)/libmls.a
	$(call say,LD)
	$(Q)$(CXX) $(SANFLAGS) -o $@ $^ $$(pkg-config --libs grpc++ protobuf) $(mls_libs)

# Other implementations, each family by a script that says what it lacks.
peers:
	@tools/install-packages $(purposes)
	@tools/build-rust-peers
	@tools/build-node-peers

coverage:
	@tools/install-packages $(purposes) test coverage
	@$(MAKE) --no-print-directory VARIANT=coverage \
	        CFLAGS='-O0 -g --coverage -fprofile-update=atomic -Wno-maybe-uninitialized' test
	gcovr -r . --object-directory build/coverage -e tests/ --print-summary \
	        --html-details build/coverage/index.html build/coverage

install: data := $(PREFIX)/share/groupbench
install: all
	install -d $(addprefix $(DESTDIR),$(PREFIX)/bin $(PREFIX)/include $(LIBDIR)/pkgconfig \
	        $(data)/plots $(data)/scenarios $(data)/results/published)
	install -m 755 $(B)/groupbench $(DESTDIR)$(PREFIX)/bin/
	install -m 644 plots/*.gp $(DESTDIR)$(data)/plots/
	install -m 644 results/published/* $(DESTDIR)$(data)/results/published/
	install -m 644 scenarios/*.yaml $(DESTDIR)$(data)/scenarios/
	install -m 644 $(mls_headers) mls/include/mls_errors.def \
	        bench/include/groupbench_backend.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(B)/libmls.a $(DESTDIR)$(LIBDIR)/
	install -m 755 $(B)/libmls.so $(DESTDIR)$(LIBDIR)/libmls.so.$(VERSION)
	ln -sf libmls.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libmls.so
	install -m 644 $(B)/libmls.pc $(DESTDIR)$(LIBDIR)/pkgconfig/

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

clean:
	rm -rf build

.PHONY: all programs soak kills peers prices memory hostile valgrind interop run scenarios reproduce smoke end-to-end test threads run-threads lint fuzz run-fuzzers corpus mutants run-mutants coverage install help clean FORCE
.SECONDARY:
-include $(patsubst %.o,%.d,$(mls) $(mls_probe) $(megolm) $(bench) $(test_support) $(interop) \
                         $(addsuffix .o,$(tests) $(fuzzers) $(variants) $(measurements)))
