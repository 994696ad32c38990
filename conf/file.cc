// fopen, fread, and words for what can go wrong.
#include "conf/file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "conf/units.h"

namespace segue::conf {

Result<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const auto trouble = [](int code) {
    return fail("cannot be read: " + std::generic_category().message(code));
  };
  const auto close = [](std::FILE* open) { std::fclose(open); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (file == nullptr) return trouble(errno);
  std::string content;
  std::array<char, 16'384> piece{};
  while (const std::size_t length = std::fread(piece.data(), 1, piece.size(), file.get())) {
    if (content.size() + length > bytes_max) return fail("is larger than " + print_size(bytes_max));
    content.append(piece.data(), length);
  }
  if (std::ferror(file.get()) != 0) return trouble(errno);
  return content;
}

}  // namespace segue::conf
