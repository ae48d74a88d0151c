# SPDX-License-Identifier: Apache-2.0
# The compiler warnings, and a check for the one GNU extension that the code requires.
include(CheckCSourceCompiles)

check_c_source_compiles("
  static void done(int *p) { *p = 0; }
  int main(void) { __attribute__((cleanup(done))) int x = 0; return x; }
" P11CERT_HAVE_CLEANUP)
if(NOT P11CERT_HAVE_CLEANUP)
  message(FATAL_ERROR "p11cert requires a compiler with __attribute__((cleanup)): gcc or clang")
endif()

# Off unless asked for, as the presets that developers use do: another compiler must not keep anybody from building.
option(P11CERT_WERROR "Treat warnings as errors" OFF)

# Control-flow protection, where the processor has it (x86: CET, arm64: BTI and PAC).
include(CheckCCompilerFlag)
set(CMAKE_REQUIRED_FLAGS -Werror) # clang only warns of an option that another processor has
check_c_compiler_flag(-fcf-protection=full P11CERT_HAVE_CF_PROTECTION)
check_c_compiler_flag(-mbranch-protection=standard P11CERT_HAVE_BRANCH_PROTECTION)
unset(CMAKE_REQUIRED_FLAGS)

add_library(p11cert_flags INTERFACE)
target_compile_features(p11cert_flags INTERFACE c_std_17)
target_compile_definitions(p11cert_flags INTERFACE _GNU_SOURCE)
target_compile_options(p11cert_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align
  -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wundef -Wvla -Wwrite-strings -Wunused-result
  -fstack-protector-strong
  -fstack-clash-protection
  $<$<BOOL:${P11CERT_HAVE_CF_PROTECTION}>:-fcf-protection=full>
  $<$<BOOL:${P11CERT_HAVE_BRANCH_PROTECTION}>:-mbranch-protection=standard>
  $<$<BOOL:${P11CERT_WERROR}>:-Werror>
  $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
target_link_options(p11cert_flags INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
target_include_directories(p11cert_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
