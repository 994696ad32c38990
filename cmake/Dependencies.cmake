# What segue stands on. Everything comes from the system's packages, llhttp from build/deps or the
# system; nothing is copied into the tree. What is missing is said in one sentence each.
set(segue_missing "")

macro(segue_need what found)
  if(NOT ${found})
    list(APPEND segue_missing "${what}")
  endif()
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads QUIET)
segue_need("threads" Threads_FOUND)

find_package(PkgConfig QUIET)
segue_need("pkg-config" PkgConfig_FOUND)
if(PkgConfig_FOUND)
  pkg_check_modules(libuv QUIET IMPORTED_TARGET libuv>=1.44)
  segue_need("libuv >= 1.44" libuv_FOUND)
  pkg_check_modules(libseccomp QUIET IMPORTED_TARGET libseccomp>=2.5)
  segue_need("libseccomp >= 2.5" libseccomp_FOUND)
endif()

find_package(OpenSSL 3.0 QUIET COMPONENTS SSL Crypto)
segue_need("OpenSSL >= 3.0" OPENSSL_FOUND)

find_package(Llhttp 9.2 QUIET)
segue_need("llhttp >= 9.2" Llhttp_FOUND)

find_package(spdlog 1.10 QUIET CONFIG)
segue_need("spdlog >= 1.10" spdlog_FOUND)

find_package(nlohmann_json 3.11 QUIET CONFIG)
segue_need("nlohmann-json >= 3.11" nlohmann_json_FOUND)

find_package(CLI11 2.1 QUIET CONFIG)
segue_need("CLI11 >= 2.1" CLI11_FOUND)

find_package(SQLite3 3.36 QUIET)  # the first whose sqlite3_serialize() is always there
segue_need("SQLite >= 3.36" SQLite3_FOUND)

find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h)
mark_as_advanced(TOMLPLUSPLUS_INCLUDE_DIR)
set(tomlplusplus_FOUND FALSE)
if(TOMLPLUSPLUS_INCLUDE_DIR)
  file(GLOB segue_toml_headers "${TOMLPLUSPLUS_INCLUDE_DIR}/toml++/impl/version.h"
                               "${TOMLPLUSPLUS_INCLUDE_DIR}/toml++/toml.h")
  set(segue_toml_version "")
  foreach(header IN LISTS segue_toml_headers)
    foreach(part MAJOR MINOR)
      file(STRINGS "${header}" line REGEX "#define[ \t]+TOML_LIB_${part}[ \t]+[0-9]+" LIMIT_COUNT 1)
      if(line MATCHES "([0-9]+)$")
        set(segue_toml_${part} "${CMAKE_MATCH_1}")
      endif()
    endforeach()
  endforeach()
  if("${segue_toml_MAJOR}.${segue_toml_MINOR}" VERSION_GREATER_EQUAL 3.3)
    set(tomlplusplus_FOUND TRUE)
  endif()
endif()
segue_need("toml++ >= 3.3" tomlplusplus_FOUND)

if(BUILD_TESTING OR NOT DEFINED BUILD_TESTING)
  find_package(doctest 2.4 QUIET CONFIG)
  segue_need("doctest >= 2.4" doctest_FOUND)
  # What our own parser is compared with.
  set(Boost_USE_STATIC_LIBS ON)
  find_package(Boost 1.81 QUIET CONFIG COMPONENTS json)
  segue_need("Boost.JSON >= 1.81" Boost_FOUND)
endif()

if(segue_missing)
  list(JOIN segue_missing ", " segue_missing)
  message(FATAL_ERROR "Missing or too old: ${segue_missing}. Run scripts/setup, then configure again.")
endif()

# Header only: the packaged library is built with exceptions, which is another ABI.
add_library(segue_toml INTERFACE)
target_include_directories(segue_toml SYSTEM INTERFACE "${TOMLPLUSPLUS_INCLUDE_DIR}")
target_compile_definitions(segue_toml INTERFACE TOML_EXCEPTIONS=0 TOML_HEADER_ONLY=1)

add_library(segue_spdlog INTERFACE)
target_link_libraries(segue_spdlog INTERFACE spdlog::spdlog)
target_compile_definitions(segue_spdlog INTERFACE SPDLOG_NO_EXCEPTIONS)
