# How everything of ours is compiled: `segue_flags` carries it, every target links it.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "segue needs g++ 12 or newer and found ${CMAKE_CXX_COMPILER_VERSION}.")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR "segue needs clang 14 or newer and found ${CMAKE_CXX_COMPILER_VERSION}.")
endif()

# ccache when it is there. The base directory lets several checkouts share its answers.
find_program(CCACHE ccache)
mark_as_advanced(CCACHE)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
endif()

include(CheckPIESupported)
check_pie_supported()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Paths in __FILE__ and in debug information begin at the sources: reproducible, and short in logs.
# ccache hands the compiler paths relative to the build directory, hence the second form.
file(RELATIVE_PATH segue_up "${CMAKE_BINARY_DIR}" "${CMAKE_SOURCE_DIR}/")

add_library(segue_flags INTERFACE)
target_include_directories(segue_flags INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
target_compile_options(segue_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor
  -fno-omit-frame-pointer -fstack-protector-strong
  "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" "-ffile-prefix-map=${segue_up}=")
target_compile_definitions(segue_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(segue_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(segue_flags INTERFACE -fcf-protection)
endif()
if(SEGUE_WERROR)
  target_compile_options(segue_flags INTERFACE -Werror)
endif()

if(SEGUE_SANITIZE)
  # One process cannot have both, and the compiler's own message about it is long.
  if(SEGUE_SANITIZE MATCHES "address" AND SEGUE_SANITIZE MATCHES "thread")
    message(FATAL_ERROR "SEGUE_SANITIZE cannot hold both address and thread: use the presets asan and tsan.")
  endif()
  target_compile_definitions(segue_flags INTERFACE SEGUE_SANITIZED)
  target_compile_options(segue_flags INTERFACE -fsanitize=${SEGUE_SANITIZE} -fno-sanitize-recover=all
                                               -O1 -g1)  # lines are all that reports show
  target_link_options(segue_flags INTERFACE -fsanitize=${SEGUE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The instrumentation itself makes g++ 12 warn about things that are not there.
    target_compile_options(segue_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
  endif()
else()
  # Needs the optimiser, and would hide reads from the sanitizers. tests/e2e/binary_test.py looks at
  # what comes out.
  target_compile_options(segue_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>
    $<$<NOT:$<CONFIG:Debug>>:-fstack-clash-protection>)
endif()

if(SEGUE_COVERAGE)
  target_compile_options(segue_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(segue_flags INTERFACE --coverage)
endif()

if(SEGUE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "SEGUE_FUZZ needs clang's libFuzzer: use `cmake --preset fuzz`.")
  endif()
  target_compile_options(segue_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(SEGUE_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT segue_lto_works OUTPUT segue_lto_why LANGUAGES CXX)
  if(segue_lto_works)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  else()
    message(WARNING "This compiler has no working link-time optimisation; building without it.")
  endif()
endif()
