# segue/version.h, with the commit and the flags behind functions: a new commit compiles one small
# file again and links, nothing more.
set(segue_generated "${CMAKE_BINARY_DIR}/generated/segue")
string(TOUPPER "${CMAKE_BUILD_TYPE}" segue_type)
set(segue_options "${CMAKE_BUILD_TYPE}")
if(SEGUE_LTO)
  string(APPEND segue_options " lto")
endif()
if(SEGUE_SANITIZE)
  string(APPEND segue_options " sanitize=${SEGUE_SANITIZE}")
endif()
if(SEGUE_COVERAGE)
  string(APPEND segue_options " coverage")
endif()
if(SEGUE_FUZZ)
  string(APPEND segue_options " fuzz")
endif()
string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${segue_type}}" segue_cxx_flags)
set(segue_flags_text "${segue_options} (${segue_cxx_flags})")
set(segue_compiler "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")

configure_file(cmake/version.h.in "${segue_generated}/version.h" COPYONLY)
set(segue_version_command
    ${CMAKE_COMMAND} "-DSOURCE=${CMAKE_SOURCE_DIR}" "-DOUT=${segue_generated}/version.cc"
    "-DSEGUE_VERSION=${PROJECT_VERSION}" "-DFALLBACK=${SEGUE_COMMIT}"
    "-DSEGUE_COMPILER=${segue_compiler}" "-DSEGUE_FLAGS=${segue_flags_text}"
    -P "${CMAKE_SOURCE_DIR}/cmake/write_version.cmake")
execute_process(COMMAND ${segue_version_command} COMMAND_ERROR_IS_FATAL ANY)
add_custom_target(segue_version_cc COMMAND ${segue_version_command} VERBATIM
                  BYPRODUCTS "${segue_generated}/version.cc" COMMENT "Looking up the commit")

add_library(segue_version STATIC "${segue_generated}/version.cc")
add_dependencies(segue_version segue_version_cc)
target_link_libraries(segue_version PUBLIC segue_flags)
