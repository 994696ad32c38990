// Random bytes as text.
#include "app/session_secret.h"

#include <array>

#include <unistd.h>

#include "lib/base/check.h"

namespace segue::app {

std::string fresh_session_secret() {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<unsigned char, 16> bytes{};
  SEGUE_CHECK(getentropy(bytes.data(), bytes.size()) == 0, "the kernel has random bytes");
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace segue::app
