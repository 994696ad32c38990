# ctest entries: one per tests/**/*_test.cc (label unit), one per tests/e2e/*_test.py (label e2e),
# `layers`, `format` and `strict`. A line `# labels: once` keeps a test that takes minutes out of the
# sanitizers' runs; `# labels: native` has one run without a sanitizer too, where it says more. A line `// labels: threads` (`# labels: smoke`) in a test file adds labels; so does a
# TEST_SUITE whose name contains "threads".
set(SEGUE_TEST_TIMEOUT 300)

# python3-websockets is a package of the system's python.
find_program(SEGUE_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(NOT SEGUE_PYTHON)
  find_program(SEGUE_PYTHON python3 REQUIRED)
endif()
mark_as_advanced(SEGUE_PYTHON)

function(segue_labels out file)
  file(STRINGS "${file}" lines REGEX "^(//|#) labels: |TEST_SUITE\\(\"[^\"]*threads")
  set(labels "")
  foreach(line IN LISTS lines)
    if(line MATCHES "labels: (.*)$")
      string(REGEX MATCHALL "[a-z0-9_]+" more "${CMAKE_MATCH_1}")
      list(APPEND labels ${more})
    else()
      list(APPEND labels threads)
    endif()
  endforeach()
  list(REMOVE_DUPLICATES labels)
  set(${out} "${labels}" PARENT_SCOPE)
endfunction()

segue_sources(test_sources "tests/*_test.cc")
list(FILTER test_sources EXCLUDE REGEX "/tests/(fuzz|e2e)/")
segue_sources(test_support "tests/support/*.cc")
list(REMOVE_ITEM test_sources ${test_support})
if(SEGUE_SANITIZE STREQUAL "thread")
  # ThreadSanitizer looks at tests in which threads meet; building the others would say nothing.
  set(threaded "")
  foreach(file IN LISTS test_sources)
    segue_labels(labels "${file}")
    if("threads" IN_LIST labels)
      list(APPEND threaded "${file}")
    endif()
  endforeach()
  set(test_sources "${threaded}")
endif()
# segue_doctest(program prefix file...): a ctest entry PREFIX.NAME for each file, with its labels and
# PREFIX itself.
function(segue_doctest program prefix)
  add_executable(${program} tests/main.cc ${test_support} ${ARGN})
  target_link_libraries(${program} PRIVATE app doctest::doctest Boost::json)
  foreach(file IN LISTS ARGN)
    file(RELATIVE_PATH relative "${CMAKE_SOURCE_DIR}" "${file}")
    string(REGEX REPLACE "^tests/(.*)_test\\.cc$" "\\1" name "${relative}")
    segue_labels(labels "${file}")
    add_test(NAME ${prefix}.${name} COMMAND ${program} --source-file=*${relative}
             WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(${prefix}.${name} PROPERTIES
      LABELS "${prefix};${labels}" TIMEOUT ${SEGUE_TEST_TIMEOUT}
      FAIL_REGULAR_EXPRESSION "test cases: *0 ")  # a filter that matches nothing proves nothing
  endforeach()
endfunction()

# Only those that read files of the tree are told where it is: the others are the same wherever they
# are compiled, which a compiler cache knows.
set(readers "${test_sources}")
list(FILTER readers INCLUDE REGEX "tests/(app/cmd_|conf/(print|parse|schema)_|wire/|routing/(forge|repository|golden))")
set_source_files_properties(${readers} PROPERTIES
  COMPILE_DEFINITIONS "SEGUE_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"")

# `// labels: plain`: what sanitizers cannot be part of.
set(plain_sources "")
foreach(file IN LISTS test_sources)
  segue_labels(labels "${file}")
  if("plain" IN_LIST labels)
    list(APPEND plain_sources "${file}")
  endif()
endforeach()
if(plain_sources)
  list(REMOVE_ITEM test_sources ${plain_sources})
endif()
if(test_sources)
  if(SEGUE_SANITIZE)  # checks are slow to compile and quick to run
    set_source_files_properties(${test_sources} PROPERTIES
      COMPILE_OPTIONS "-O0;-fno-sanitize=vptr,null,object-size,alignment")
  endif()
  segue_doctest(segue_tests unit ${test_sources})
endif()
if(plain_sources AND NOT SEGUE_SANITIZE)
  segue_doctest(segue_plain_tests plain ${plain_sources})
endif()

add_test(NAME layers COMMAND ${SEGUE_PYTHON} scripts/check_layers.py
         WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
set_tests_properties(layers PROPERTIES LABELS layers)

add_test(NAME format COMMAND scripts/format --check WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
set_tests_properties(format PROPERTIES LABELS layers)

# docs/adr/0010: llhttp stays strict.
add_test(NAME strict COMMAND sh -c
         "! grep -rn --include=*.h --include=*.cc llhttp_set_lenient_ lib proxy admin app health 2>/dev/null"
         WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
set_tests_properties(strict PROPERTIES LABELS layers)

if(TARGET segue)
  segue_sources(e2e_tests "tests/e2e/*_test.py")
  foreach(file IN LISTS e2e_tests)
    file(RELATIVE_PATH relative "${CMAKE_SOURCE_DIR}/tests/e2e" "${file}")
    string(REGEX REPLACE "_test\\.py$" "" name "${relative}")
    segue_labels(labels "${file}")
    if(name STREQUAL "smoke")
      list(APPEND labels smoke)
    endif()
    add_test(NAME e2e.${name} COMMAND ${SEGUE_PYTHON} "${file}"
             WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(e2e.${name} PROPERTIES
      LABELS "e2e;${labels}" TIMEOUT ${SEGUE_TEST_TIMEOUT} SKIP_RETURN_CODE 77
      ENVIRONMENT "SEGUE_BIN=$<TARGET_FILE:segue>;SEGUE_SOURCE_DIR=${CMAKE_SOURCE_DIR};SEGUE_SANITIZE=${SEGUE_SANITIZE};PYTHONDONTWRITEBYTECODE=1")
    # Servers killed under load, shares and budgets: a neighbour's load would be part of what is measured.
    if(name MATCHES "^(crash|weights_under_load|budget|admin)$")
      set_tests_properties(e2e.${name} PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endif()

# libFuzzer where it is; elsewhere, under the address sanitizer, the corpora and mutations of them.
if(SEGUE_FUZZ OR SEGUE_SANITIZE MATCHES "address")
  segue_sources(fuzzers "tests/fuzz/*_fuzz.cc")
  foreach(file IN LISTS fuzzers)
    get_filename_component(name "${file}" NAME_WE)
    string(REPLACE "_fuzz" "" corpus "${name}")
    add_executable(${name} "${file}")
    target_link_libraries(${name} PRIVATE app Boost::json)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
    if(SEGUE_FUZZ)
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
      target_sources(${name} PRIVATE tests/fuzz/standalone.cc)
      add_test(NAME fuzz.${corpus} COMMAND ${name} tests/fuzz/corpus/${corpus} 200
               WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
      set_tests_properties(fuzz.${corpus} PROPERTIES LABELS fuzz TIMEOUT ${SEGUE_TEST_TIMEOUT})
    endif()
  endforeach()
endif()
