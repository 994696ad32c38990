# One library per folder, named like it (lib/base is lib_base). A folder without a .cc yet is an
# INTERFACE library, so that the arrows hold from the first header on.

# segue_sources(OUT pattern...): our files, found again when one appears or goes.
function(segue_sources out)
  list(TRANSFORM ARGN PREPEND "${CMAKE_SOURCE_DIR}/")
  file(GLOB_RECURSE found CONFIGURE_DEPENDS ${ARGN})
  list(FILTER found EXCLUDE REGEX "/node_modules/")
  list(SORT found)
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

# segue_folder(folder [EXCEPT file...] [LINK target...] [PRIVATE target...])
function(segue_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "EXCEPT;LINK;PRIVATE")
  string(REPLACE "/" "_" name "${folder}")
  segue_sources(sources "${folder}/*.cc")
  foreach(file IN LISTS arg_EXCEPT)
    list(REMOVE_ITEM sources "${CMAKE_SOURCE_DIR}/${file}")
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC segue_flags ${arg_LINK} PRIVATE ${arg_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE segue_flags ${arg_LINK})
  endif()
endfunction()
