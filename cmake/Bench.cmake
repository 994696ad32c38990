# Each bench/NAME.cc is a program build/PRESET/bench/bench_NAME. `cmake --build --preset release
# --target bench` builds them all; the default build leaves them out. Those named micro_* measure
# functions with Google Benchmark and are left out where that is missing.
find_package(benchmark 1.7 QUIET CONFIG)

add_custom_target(bench)
segue_sources(bench_programs "bench/*.cc")
foreach(file IN LISTS bench_programs)
  get_filename_component(name "${file}" NAME_WE)
  if(name MATCHES "^micro_" AND NOT benchmark_FOUND)
    continue()
  endif()
  add_executable(bench_${name} EXCLUDE_FROM_ALL "${file}")
  target_link_libraries(bench_${name} PRIVATE app)
  if(name MATCHES "^micro_")
    target_link_libraries(bench_${name} PRIVATE benchmark::benchmark)
  endif()
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
  add_dependencies(bench bench_${name})
endforeach()
