// What can go wrong with a database or its folder, as a kind to act on and a sentence to show.
#pragma once

#include <cstdint>
#include <string>

namespace segue::store {

struct StoreError {
  enum class Kind : std::uint8_t {
    kTaken,       ///< another process uses it
    kCorrupt,     ///< what is there is not what was written
    kForeign,     ///< a database, but not one of ours, or one of a newer version
    kFull,        ///< no space; the same may work later
    kUnwritable,  ///< permissions, a read-only file system, a path that is something else
    kFailed,      ///< anything else: I/O errors
  } kind = Kind::kFailed;
  std::string sentence;  ///< what, where, why
};

}  // namespace segue::store
