// Files that are complete and on the disk before they have their name.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/store/store_error.h"

namespace segue::store {

/// `error` (errno) of "cannot `what` `path`".
StoreError from_system(const std::string& path, const char* what, int error);

bool exists(const std::string& path);  ///< also as a symbolic link to nowhere

/// An empty file that was not there, mode 0600.
Status<StoreError> make_file(const std::string& path);
/// A file that was not there with these bytes, on the disk.
Status<StoreError> write_file(const std::string& path, const std::string& bytes);
/// Renames over whatever is there, both sides of it on the disk.
Status<StoreError> give_name(const std::string& from, const std::string& to);

/// None when `path` is a plain file with one name and one byte at least; its mode becomes 0600.
Status<StoreError> check_file(const std::string& path);

}  // namespace segue::store
