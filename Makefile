# Tri-segment. `make` builds the programs into this folder, `make test` builds and runs the tests,
# `make deps` installs the Debian packages, `make deps-check` what only checks need,
# `make cifar10` downloads the data set. SANITIZE=1 builds
# with ASan and UBSan, in a folder of its own (GCC's -Wmaybe-uninitialized then warns of what is
# initialized). Objects end up in build/; an object named *_avx2
# (*_avx512, *_amx, *_neon, *_dotprod) is compiled for that ISA and chosen at run time. `make emulate` tests
# the AVX-512 and AMX kernels on a CPU that has only AVX2, `make neon` those for Arm, `make lto` finds names
# that are defined twice, differently, in what LTO=1 built.
# MPI=1: `srun ./search` and `mpirun ./search` share a search among ranks (libopenmpi-dev).

CXX      ?= g++
comma    := ,
BUILD    := build/$(notdir $(firstword $(CXX)))$(if $(SANITIZE),-sanitize)$(if $(EMULATE),-emulate)$(if $(LTO),-lto)$(if $(FUZZ),-fuzz)
CXXFLAGS ?= -O3
ALL_CXXFLAGS := -std=c++20 $(CXXFLAGS) -g1 -Wall -Wextra -fopenmp -ffp-contract=off -I. -MMD -MP \
                $(if $(SANITIZE),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined \
                  $(if $(findstring clang,$(CXX)),-D__SANITIZE_ADDRESS__,-Wno-maybe-uninitialized)) \
                $(if $(FUZZ),-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined \
                  -fno-sanitize-recover=undefined -fprofile-instr-generate -fcoverage-mapping) \
                $(if $(LTO),-flto=auto -ffat-lto-objects)
# Not -lopenblas: engine/float/gemm.cpp loads it.
LDLIBS    = -ldl$(if $(MPI), $(shell mpicc --showme:link))$(if $(LTO), -fno-lto)

MACHINE  := $(shell $(CXX) -dumpmachine)
X86      := $(filter x86_64%,$(MACHINE))
ARM      := $(filter aarch64%,$(MACHINE))
PROGRAMS := search train finetune evaluate synthesize import export bench report
# Every folder of the library is a room, but for what belongs to ./bench, ./export or ./report alone.
SOURCES  := $(sort $(shell find data engine nets distill rl tools/*/ -name '*.cpp' -not -path 'tools/bench/*' \
              -not -path 'engine/export/*' -not -path 'tools/report/page/*'))
# The bodies of kernels that another CPU has no use for; their tables name them under the same condition.
ifeq ($(X86),)
SOURCES  := $(filter-out %_avx2.cpp %_avx512.cpp %_amx.cpp,$(SOURCES))
endif
ifeq ($(ARM),)
SOURCES  := $(filter-out %_neon.cpp %_dotprod.cpp,$(SOURCES))
endif
# Texts that exports and pages contain: the linker makes objects of them.
TEXTS    := $(wildcard engine/export/c/*.c engine/export/verilog/*.v)
PAGE     := $(wildcard tools/report/*.schema.json $(addprefix tools/report/page/*.,html css js))
CHART    := /usr/share/javascript/chart.js/chart.min.js
LIBRARY  := $(SOURCES:%.cpp=$(BUILD)/%.o)
ifneq ($(MPI),)
LIBRARY  := $(LIBRARY:%/cli/mpi.o=%/cli/with_mpi.o)
endif
BENCH    := $(patsubst %.cpp,$(BUILD)/%.o,$(wildcard tools/bench/*.cpp))
EXPORT   := $(patsubst %.cpp,$(BUILD)/%.o,$(sort $(shell find engine/export -name '*.cpp'))) $(TEXTS:%=$(BUILD)/%.o)
REPORT   := $(patsubst %.cpp,$(BUILD)/%.o,$(wildcard tools/report/page/*.cpp)) $(PAGE:%=$(BUILD)/%.o) $(BUILD)/chart.o
TESTS    := $(patsubst %.cpp,$(BUILD)/%.o,$(shell find tests -name '*.cpp' -not -path 'tests/fuzz/*'))
BIN      := $(if $(SANITIZE),$(BUILD)/)

# Tests are compiled once and run once: what optimizing them would gain, it costs.
$(BUILD)/tests/%.o: ISA_FLAGS := -O1 $(if $(LTO),-fno-lto)

# Nor do programs compute much outside of the library, but for ./bench.
$(BUILD)/tools/%.o: ISA_FLAGS := -O1
$(BENCH): ISA_FLAGS :=

# ONNX's schema: ./export alone writes it.
ONNX     := -lonnx_proto -lprotobuf
$(BUILD)/engine/export/%.o $(BUILD)/tests/engine/onnx_test.o: ISA_FLAGS := -DONNX_ML -DONNX_NAMESPACE=onnx

# oneDNN is a peer of ./bench, and of no other program: where it is missing, bench does without.
DNNL      = $(shell echo '\#include <oneapi/dnnl/dnnl.hpp>' | $(CXX) -E -x c++ - >/dev/null 2>&1 && \
              echo -ldnnl)

PACKAGES := g++ make libopenblas-dev libstb-dev doctest-dev nlohmann-json3-dev libcli11-dev libdnnl-dev \
            libsimde-dev libonnx-dev libprotobuf-dev libvalijson-dev libjs-chart.js curl ca-certificates

FUZZERS  := $(basename $(notdir $(wildcard tests/fuzz/*.cpp)))
# Seconds for each of them.
SECONDS  ?= 60

.PHONY: always all test partly emulate neon lto fuzz deps deps-check peers clean cifar10
all: $(PROGRAMS:%=$(BIN)%)

%_avx2.o $(BUILD)/%_avx2.o: ISA_FLAGS := -mavx2 -mfma -mbmi
AVX512   := -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mfma -mbmi
%_avx512.o $(BUILD)/%_avx512.o: ISA_FLAGS := $(AVX512)
%_amx.o $(BUILD)/%_amx.o: ISA_FLAGS := $(AVX512) -mamx-tile -mamx-int8
%_dotprod.o $(BUILD)/%_dotprod.o: ISA_FLAGS := -march=armv8.2-a+dotprod
ifeq ($(EMULATE),)
$(BUILD)/engine/kernels/bytemap/map_avx512.o: ISA_FLAGS += -mavx512vbmi
$(BUILD)/engine/float/gemm_bf16_avx512.o: ISA_FLAGS += -mavx512bf16
$(BUILD)/engine/float/gemm_bf16_amx.o: ISA_FLAGS += -mavx512bf16 -mamx-bf16
else
%_avx512.o $(BUILD)/%_avx512.o %_amx.o $(BUILD)/%_amx.o: ISA_FLAGS := -mavx2 -mfma -mbmi -Wno-psabi -Itests/emulate
$(BUILD)/engine/kernels/dispatch/cpu.o: ISA_FLAGS := -DEMULATE_AVX512
endif
# On damaged pictures stb_image's sums may overflow, it may shift a byte of a broken JPEG too far, and copy no byte to
# a null pointer: let all of them be what CPUs make of them.
$(BUILD)/data/images.o: ISA_FLAGS := -fwrapv -fno-sanitize=nonnull-attribute,shift-exponent

$(BUILD)/%.o: %.cpp Makefile | $(BUILD)/libraries
	@mkdir -p $(@D)
	$(CXX) $(ALL_CXXFLAGS) $(ISA_FLAGS) -c -o $@ $<

$(BUILD)/tools/cli/with_mpi.o: tools/cli/mpi.cpp Makefile | $(BUILD)/libraries
	$(CXX) $(ALL_CXXFLAGS) -DTRISEGMENT_MPI -DOMPI_SKIP_MPICXX $(shell mpicc --showme:compile) -c -o $@ $<

# A file that changes when the commit does, which --version tells.
COMMIT   := $(shell git rev-parse --short=10 HEAD 2>/dev/null && { git diff-index --quiet HEAD 2>/dev/null || echo +; })
$(BUILD)/commit: always
	@mkdir -p $(@D) && echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
$(BUILD)/tools/cli/version.o: $(BUILD)/commit
$(BUILD)/tools/cli/version.o: ISA_FLAGS := -O1 '-DTRISEGMENT_COMMIT="$(if $(COMMIT), ($(subst $() ,,$(COMMIT))))"'

$(TEXTS:%=$(BUILD)/%.o) $(PAGE:%=$(BUILD)/%.o): $(BUILD)/%.o: %
	@mkdir -p $(@D)
	ld -r -b binary -z noexecstack -o $@ $<
$(BUILD)/chart.o: | $(BUILD)/libraries
	cd $(dir $(CHART)) && ld -r -b binary -z noexecstack -o $(CURDIR)/$@ $(notdir $(CHART))

$(PROGRAMS:%=$(BIN)%): $(BIN)%: $(BUILD)/tools/%.o $(LIBRARY)
	$(CXX) $(ALL_CXXFLAGS) -o $@ $^ $(LDLIBS)
$(BIN)export: $(EXPORT)
$(BIN)export: LDLIBS += $(ONNX)
$(BIN)bench: $(BENCH)
$(BIN)bench: LDLIBS += $(or $(DNNL),$(info no libdnnl-dev: ./bench will not compare with oneDNN))

$(BIN)report: $(REPORT)

TESTED   := $(TESTS) $(addprefix $(BUILD)/tools/bench/,contest.o rank_correlation.o) $(EXPORT) $(REPORT) $(LIBRARY)
$(BUILD)/tests/run: $(TESTED)
	$(CXX) $(ALL_CXXFLAGS) -o $@ $^ $(LDLIBS) -lonnx $(ONNX)

# For programs that are not ours: engine/README.md. Without what LTO=1 adds, which their link would compile anew.
$(BIN)libtrisegment.a: $(LIBRARY)
	rm -f $@
	ar rcs $@ $^
	$(if $(LTO),objcopy -R '.gnu*lto_*' $@)

# FILES: of the tests that run, with * for any letters, as '*tests/data/*,*lock_test*'.
# Threads of the tests themselves that spin while they wait would slow them down on a loaded machine.
test: all $(BUILD)/tests/run
	OMP_WAIT_POLICY=passive BIN=$(BIN) $(BUILD)/tests/run $(if $(FILES),-sf='$(FILES)')

# Of objects: those of the files ONLY as told, the others as they stand in the build REST. So a part
# can be sanitized, emulated or compiled by clang++ without building everything once more.
partly    = $(filter $(ONLY:%.cpp=$(BUILD)/%.o),$1) \
            $(patsubst $(BUILD)/%,$(REST)/%,$(filter-out $(ONLY:%.cpp=$(BUILD)/%.o),$1))

# make CXX=clang++ SANITIZE=1 CXXFLAGS=-O1 ONLY='data/dataset.cpp ...' REST=build/g++ partly
partly: $(ONLY:%.cpp=$(BUILD)/%.o)
	@mkdir -p $(BUILD)/tests
	$(CXX) $(ALL_CXXFLAGS) -o $(BUILD)/tests/partly $(call partly,$(TESTED)) $(LDLIBS) -lonnx $(ONNX)

# AVX-512 and AMX on a CPU that has only AVX2.
EMULATED := $(shell find engine -name '*_avx512.cpp' -o -name '*_amx.cpp') engine/kernels/dispatch/cpu.cpp
emulate: $(BUILD)/tests/run
	$(MAKE) EMULATE=1 LTO= ONLY='$(EMULATED)' REST=$(BUILD) partly
	$(BUILD:%-lto=%)-emulate/tests/partly -tc='*variant*,*every ISA*,*lists of codes*,*byte map*,*bfloat16*'

# The kernels for Arm and their tests, by QEMU (make deps-check), on a CPU without dot products too. Of
# the libraries they need doctest alone.
KERNELS  := $(filter data/base/% engine/arithmetic/% engine/graph/% engine/kernels/% engine/float/loops/%,$(SOURCES)) \
            $(wildcard nets/*.cpp) data/cifar.cpp data/dataset.cpp \
            $(addprefix engine/integer/,model.cpp model_file.cpp layer_table.cpp) \
            $(addprefix tests/,engine/int_conv_test.cpp engine/isa_test.cpp support/main.cpp)
neon: cross = build/aarch64-linux-gnu-g++
neon:
	@mkdir -p $(cross) && touch $(cross)/libraries
	$(MAKE) CXX=aarch64-linux-gnu-g++ LTO= CXXFLAGS='-O3 -idirafter /usr/include' $(cross)/tests/kernels
	for cpu in max cortex-a53; do qemu-aarch64 -cpu $$cpu $(cross)/tests/kernels || exit 1; done
$(BUILD)/tests/kernels: $(KERNELS:%.cpp=$(BUILD)/%.o)
	$(CXX) $(ALL_CXXFLAGS) -static -o $@ $^

# Objects made with LTO=1 hold what the compiler knows of each type, beside their code. Merged, it shows a
# name that two files define differently. No code is made of it: programs are linked as without LTO=1.
lto:
	$(MAKE) LTO=1 $(BUILD:%-lto=%)-lto/merged.o
$(BUILD)/merged.o: $(BUILD)/tools/export.o $(EXPORT) $(REPORT) $(BENCH) $(LIBRARY)
	$(CXX) -flto=auto -flinker-output=rel -r -nostdlib -Werror=odr -Werror=lto-type-mismatch -o $@ $^

$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(ONLY:%.cpp=$(BUILD)/%.o)
	$(CXX) $(ALL_CXXFLAGS) -fsanitize=fuzzer -o $@ $< $(call partly,$(REPORT) $(LIBRARY)) $(LDLIBS)

# With clang++ (make deps-check). A target begins with tests/fuzz/corpus and keeps what it finds in
# build/fuzz; inputs that crash it stay there too. Ends with what all inputs covered of the loader's
# file, which is the first of ours that the target includes. What is not read from files is not
# instrumented.
FUZZED   := $(sort $(wildcard data/*.cpp data/base/*.cpp engine/graph/*.cpp \
              $(shell sed -n '/tests/d;s/^#include "\(.*\)\.h"/\1.cpp/p' tests/fuzz/*.cpp)))
fuzz: $(REPORT) $(LIBRARY)
	$(MAKE) FUZZ=1 LTO= CXX=$(if $(findstring clang,$(CXX)),'$(CXX)',clang++) CXXFLAGS=-O1 ONLY='$(FUZZED)' REST=$(BUILD) \
	  $(FUZZERS:%=fuzz-%)
fuzz-%: loader = $(patsubst %.h,%.cpp,$(shell sed -n '/tests/d;s/^#include "\(.*\)"/\1/p' tests/fuzz/$*.cpp | head -n 1))
fuzz-%: $(BUILD)/tests/fuzz/%
	@mkdir -p build/fuzz/$* && sh tests/fuzz/seeds.sh build/fuzz/seeds
	cd build/fuzz && LLVM_PROFILE_FILE=$*.profraw ../../$< -max_total_time=$(SECONDS) -max_len=16384 \
	  -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 $* seeds/$* \
	  $(wildcard $(CURDIR)/tests/fuzz/corpus/$*)
	@llvm-profdata merge -o build/fuzz/$*.profdata build/fuzz/$*.profraw
	@llvm-cov report -instr-profile=build/fuzz/$*.profdata $< $(loader) | \
	  awk 'END { print "$(loader): " $$NF " of its branches covered" }'
.PRECIOUS: $(BUILD)/%.o $(BUILD)/tests/fuzz/%

# One line for each library that is missing, rather than a page of compiler errors.
$(BUILD)/libraries:
	@mkdir -p $(@D)
	@for pair in cblas.h=libopenblas-dev stb/stb_image.h=libstb-dev doctest/doctest.h=doctest-dev \
	             nlohmann/json.hpp=nlohmann-json3-dev CLI/CLI.hpp=libcli11-dev \
	             google/protobuf/message.h=libprotobuf-dev onnx/onnx-ml.pb.h=libonnx-dev \
	             valijson/validator.hpp=libvalijson-dev; do \
	  echo "#include <$${pair%%=*}>" | $(CXX) -std=c++20 -E -x c++ - >/dev/null 2>&1 || \
	    { echo "missing: $${pair%%=*} (package $${pair##*=}): run 'make deps'" >&2; exit 1; }; \
	done
	@[ -f $(CHART) ] || { echo "missing: $(CHART) (package libjs-chart.js): run 'make deps'" >&2; exit 1; }
	@touch $@

deps:
	$(if $(filter 0,$(shell id -u)),,sudo) sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y --no-install-recommends $(PACKAGES)'

# What only checks need: fuzzing and form, and programs that are not ours to run exported networks in.
CHECK_PACKAGES := python3-venv clang llvm libomp-dev clang-format shellcheck qemu-user qemu-system-arm \
                  gcc-arm-none-eabi libnewlib-arm-none-eabi iverilog verilator yosys gcc-riscv64-linux-gnu \
                  libc6-dev-riscv64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross openmpi-bin \
                  libopenmpi-dev chromium g++-aarch64-linux-gnu
deps-check:
	$(if $(filter 0,$(shell id -u)),,sudo) sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y --no-install-recommends $(CHECK_PACKAGES)'
	python3 -m venv build/check
	build/check/bin/pip install --quiet -r tools/peers/requirements.txt

# A Python of their own for the peers of ./bench, from PyPI: 6 GB, as PyTorch brings its CUDA.
peers:
	python3 -m venv build/peers
	build/peers/bin/pip install --quiet --disable-pip-version-check torch numpy \
	  -r tools/peers/requirements.txt

cifar10:
	@sh data/download.sh

clean:
	rm -rf build $(PROGRAMS)

-include $(LIBRARY:.o=.d) $(EXPORT:.o=.d) $(REPORT:.o=.d) $(TESTS:.o=.d) $(BENCH:.o=.d) $(PROGRAMS:%=$(BUILD)/tools/%.d)
