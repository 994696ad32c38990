# Finds llhttp: what scripts/setup unpacked first, then the system's. Defines llhttp::llhttp.
#
# From its C sources where they are (libllhttp-source), since no packaged library is built with SSE4.2,
# which parses heads in a third fewer instructions; else the static library of libllhttp-dev. (Debian's own
# CMake file exports only the shared one.)
set(Llhttp_deps "${CMAKE_SOURCE_DIR}/build/deps/llhttp/usr")

find_path(Llhttp_SOURCE_DIR src/llhttp.c HINTS "${Llhttp_deps}/src/llhttp" /usr/src/llhttp)
mark_as_advanced(Llhttp_SOURCE_DIR)
if(Llhttp_SOURCE_DIR)
  set(Llhttp_code "${Llhttp_SOURCE_DIR}")
  set(Llhttp_INCLUDE_DIR "${Llhttp_SOURCE_DIR}/include")
else()
  find_path(Llhttp_INCLUDE_DIR llhttp.h HINTS "${Llhttp_deps}/include")
  find_library(Llhttp_LIBRARY NAMES libllhttp.a
               HINTS "${Llhttp_deps}/lib" "${Llhttp_deps}/lib/${CMAKE_CXX_LIBRARY_ARCHITECTURE}")
  mark_as_advanced(Llhttp_INCLUDE_DIR Llhttp_LIBRARY)
  set(Llhttp_code "${Llhttp_LIBRARY}")
endif()

if(Llhttp_INCLUDE_DIR)
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS "${Llhttp_INCLUDE_DIR}/llhttp.h" line
         REGEX "^#define LLHTTP_VERSION_${part} +[0-9]+" LIMIT_COUNT 1)
    string(REGEX REPLACE ".* " "" Llhttp_${part} "${line}")
  endforeach()
  set(Llhttp_VERSION "${Llhttp_MAJOR}.${Llhttp_MINOR}.${Llhttp_PATCH}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Llhttp REQUIRED_VARS Llhttp_code Llhttp_INCLUDE_DIR
                                  VERSION_VAR Llhttp_VERSION)
if(NOT Llhttp_FOUND)
  # A later scripts/setup must be seen by the next configure.
  unset(Llhttp_INCLUDE_DIR CACHE)
  unset(Llhttp_LIBRARY CACHE)
  unset(Llhttp_SOURCE_DIR CACHE)
elseif(NOT TARGET llhttp::llhttp)
  if(Llhttp_SOURCE_DIR)
    # Optimised in every preset and without sanitizers: nobody debugs a generated state machine.
    add_library(llhttp STATIC "${Llhttp_SOURCE_DIR}/src/llhttp.c" "${Llhttp_SOURCE_DIR}/src/api.c"
                              "${Llhttp_SOURCE_DIR}/src/http.c")
    target_include_directories(llhttp SYSTEM PUBLIC "${Llhttp_INCLUDE_DIR}")
    target_compile_options(llhttp PRIVATE -O2 -g1 -w -fstack-protector-strong)
    if(SEGUE_SSE42 AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      set_source_files_properties("${Llhttp_SOURCE_DIR}/src/llhttp.c" PROPERTIES COMPILE_OPTIONS -msse4.2)
      target_compile_definitions(llhttp INTERFACE SEGUE_NEEDS_SSE42)  # app/main.cc asks the processor
    endif()
    add_library(llhttp::llhttp ALIAS llhttp)
  else()
    message(STATUS "llhttp without its sources: heads are parsed without SSE4.2 (scripts/setup fetches them)")
    add_library(llhttp::llhttp STATIC IMPORTED)
    set_target_properties(llhttp::llhttp PROPERTIES
      IMPORTED_LOCATION "${Llhttp_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${Llhttp_INCLUDE_DIR}")
  endif()
endif()
