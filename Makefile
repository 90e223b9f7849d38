# make               build everything: build/groupbench, build/libmls.a, build/libmls.so, ...
# make run           install what is missing, run scenarios/quick.yaml, draw its figures
# make test          install what is missing, build and run every test (SAN=1: with ASan and UBSan)
# make lint          the rules a compiler cannot see
# make help          the other targets
# Settings for one machine (CC, CFLAGS, ...) go in config.mak, which git ignores.

.DELETE_ON_ERROR:
.SUFFIXES:
-include config.mak

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS  ?= -O2 -g
SANFLAGS = $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
B       := build$(if $(SAN),/san)$(if $(findstring clang,$(CC)),/clang)$(if $(VARIANT),/$(VARIANT))
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wstrict-prototypes \
           -Wmissing-prototypes -Wundef -Wwrite-strings -Wvla -Werror
WARN    += $(if $(findstring Free Software,$(shell $(CC) --version 2>/dev/null)),-Wjump-misses-init)
FLAGS    = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) $(CFLAGS) $(SANFLAGS) $(DEFINES)

mls_libs    := -lcrypto
megolm_libs := -lolm -lcrypto -ljansson -ldl
bench_libs  := -lyaml -ljansson -lm

objects  = $(patsubst %.c,$(B)/%.o,$(sort $(wildcard $(addsuffix /*.c,$(1)))))
mls          := $(call objects,mls)
mls_probe    := $(call objects,mls/probe)
megolm       := $(call objects,megolm megolm/probe)
bench        := $(call objects,bench bench/run bench/delivery bench/stats bench/analyse bench/backends)
test_support := $(call objects,tests/support)
tests        := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/test_*.c)))

Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-4s %s\n' $(1) $@)

all: $(B)/groupbench $(B)/libmls.a $(B)/libmls.so $(B)/libmls.pc $(B)/libmegolm.a

# What each directory may include. The benchmark is given public headers and nothing
# else; only the adapter of a protocol sees that protocol. Reaching across does not compile.
$(mls):          INC := -Imls -Imls/include
$(mls_probe):    INC := -Imls -Imls/include -Imls/probe
$(megolm):       INC := -Imegolm -Imegolm/include -Imegolm/probe
$(bench):        INC := -Ibench -Ibench/include
$(B)/bench/backends/mls%.o:    INC := -Ibench -Ibench/include -Imls/include -Imls/probe
$(B)/bench/backends/megolm%.o: INC := -Ibench -Ibench/include -Imegolm/include -Imegolm/probe
$(B)/tests/%.o:  INC := -I. -Itests/support -Ibench -Ibench/include -Imls -Imls/include -Imls/probe \
                        -Imegolm -Imegolm/include -Imegolm/probe

# Objects of the libraries also go into libmls.so.
$(mls): PIC := -fPIC

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(FLAGS) $(PIC) $(INC) -MMD -MP -c -o $@ $<

# Rewritten only when the text changes. A new flag recompiles, a deleted source
# re-archives; the manifest of a run quotes $(B)/flags.
$(B)/flags:   TEXT = $(CC) $(FLAGS)
$(B)/sources: TEXT = $(mls) $(mls_probe) $(megolm) $(bench)
$(B)/flags $(B)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(TEXT)' | cmp -s - $@ || echo '$(TEXT)' > $@

$(B)/libmls.a:       $(mls)
$(B)/libmls_probe.a: $(mls_probe)
$(B)/libmegolm.a:    $(megolm)
$(B)/libbench.a:     $(filter-out %/bench/main.o,$(bench))
$(B)/libsupport.a:   $(test_support)
$(B)/lib%.a: $(B)/sources
	$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)

# Only what mls.h declares is exported.
$(B)/libmls.so: $(mls) mls/libmls.map
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) -shared -Wl,--version-script=mls/libmls.map -o $@ $(mls) $(mls_libs)

$(B)/libmls.pc: mls/libmls.pc.in
	$(Q)cp $< $@

# libolm must find our definitions of its primitives, hence the exported symbols.
libraries := $(B)/libbench.a $(B)/libmls_probe.a $(B)/libmls.a $(B)/libmegolm.a
link_libs  = -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(bench_libs) $(megolm_libs) $(mls_libs)
$(B)/groupbench: $(B)/bench/main.o $(libraries)
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) -rdynamic -o $@ $(filter %.o,$^) $(link_libs)

$(tests): %: %.o $(B)/libsupport.a $(libraries)
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) -rdynamic -o $@ $(filter %.o,$^) $(link_libs) -lcmocka

clean:
	rm -rf build

.PHONY: all clean FORCE
.SECONDARY:
-include $(patsubst %.o,%.d,$(mls) $(mls_probe) $(megolm) $(bench) $(test_support) $(tests:%=%.o))
