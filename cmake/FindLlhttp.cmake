# Finds llhttp's header and static library: what scripts/setup unpacked first, then the system's.
# (Debian's own CMake file exports only the shared library.) Defines llhttp::llhttp.
set(Llhttp_deps "${CMAKE_SOURCE_DIR}/build/deps/llhttp/usr")

find_path(Llhttp_INCLUDE_DIR llhttp.h HINTS "${Llhttp_deps}/include")
find_library(Llhttp_LIBRARY NAMES libllhttp.a
             HINTS "${Llhttp_deps}/lib" "${Llhttp_deps}/lib/${CMAKE_CXX_LIBRARY_ARCHITECTURE}")
mark_as_advanced(Llhttp_INCLUDE_DIR Llhttp_LIBRARY)

if(Llhttp_INCLUDE_DIR)
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS "${Llhttp_INCLUDE_DIR}/llhttp.h" line
         REGEX "^#define LLHTTP_VERSION_${part} +[0-9]+" LIMIT_COUNT 1)
    string(REGEX REPLACE ".* " "" Llhttp_${part} "${line}")
  endforeach()
  set(Llhttp_VERSION "${Llhttp_MAJOR}.${Llhttp_MINOR}.${Llhttp_PATCH}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Llhttp REQUIRED_VARS Llhttp_LIBRARY Llhttp_INCLUDE_DIR
                                  VERSION_VAR Llhttp_VERSION)
if(Llhttp_FOUND)
  if(NOT TARGET llhttp::llhttp)
    add_library(llhttp::llhttp STATIC IMPORTED)
    set_target_properties(llhttp::llhttp PROPERTIES
      IMPORTED_LOCATION "${Llhttp_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${Llhttp_INCLUDE_DIR}")
  endif()
else()
  # A later scripts/setup must be seen by the next configure.
  unset(Llhttp_INCLUDE_DIR CACHE)
  unset(Llhttp_LIBRARY CACHE)
endif()
