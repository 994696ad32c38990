# Writes version.cc when it would differ. Runs at every build: a few milliseconds.
set(SEGUE_COMMIT "${FALLBACK}")
find_program(GIT git)
if(GIT AND EXISTS "${SOURCE}/.git")
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                  RESULT_VARIABLE failed)
  if(NOT failed)
    execute_process(COMMAND ${GIT} -C ${SOURCE} status --porcelain --untracked-files=no
                    OUTPUT_VARIABLE changes OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(changes)
      string(APPEND commit "+")  # built from more than the commit
    endif()
    set(SEGUE_COMMIT "${commit}")
  endif()
endif()
if(NOT SEGUE_COMMIT)
  set(SEGUE_COMMIT unknown)
endif()
configure_file("${SOURCE}/cmake/version.cc.in" "${OUT}" @ONLY)
