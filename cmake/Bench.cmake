# Each bench/NAME.cc is a program build/PRESET/bench/bench_NAME, but for bench/micro_*.cc, which
# measure functions with Google Benchmark and are one, bench_micro; it is left out where that is
# missing. `cmake --build --preset release --target bench` builds them all; the default build leaves
# them out.
find_package(benchmark 1.7 QUIET CONFIG)

add_custom_target(bench)

function(segue_bench name)  # source...
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${ARGN})
  target_link_libraries(bench_${name} PRIVATE app)
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
  add_dependencies(bench bench_${name})
endfunction()

segue_sources(bench_programs "bench/*.cc")
set(bench_micro ${bench_programs})
list(FILTER bench_micro INCLUDE REGEX "/micro_[a-z_]+\\.cc$")
list(REMOVE_ITEM bench_programs ${bench_micro})
foreach(file IN LISTS bench_programs)
  get_filename_component(name "${file}" NAME_WE)
  segue_bench(${name} "${file}")
endforeach()

if(benchmark_FOUND)
  segue_bench(micro ${bench_micro})
  target_link_libraries(bench_micro PRIVATE benchmark::benchmark)
  # A moment of each, so that they cannot rot. They count allocations, which is a sanitizer's place.
  if(TARGET segue_plain_tests)
    add_dependencies(segue_plain_tests bench_micro)
    add_test(NAME bench.micro COMMAND bench_micro --benchmark_min_time=0.001
             WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(bench.micro PROPERTIES LABELS plain TIMEOUT ${SEGUE_TEST_TIMEOUT}
      FAIL_REGULAR_EXPRESSION "ERROR OCCURRED")
  endif()
endif()
