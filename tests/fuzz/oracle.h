// What every fuzz target here shares: the bytes behind the first one are the input, and the first
// one says how they are cut. Whole and cut must give the same.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/support/messages.h"

namespace segue::fuzz {

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "oracle: %s\n", what);
  std::abort();
}

struct Input {
  std::string_view text;
  tests::Pieces cut;  // pieces of 1 to 16 bytes, whose sizes follow from the first byte
};

inline Input input_of(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return {};
  Input input;
  input.text = {reinterpret_cast<const char*>(data) + 1, size - 1};
  std::uint32_t state = data[0] + 1u;
  for (std::string_view left = input.text; !left.empty();) {
    state = state * 1'664'525u + 1'013'904'223u;
    const std::size_t n = data[0] == 0 ? 1 : 1 + (state >> 28);
    input.cut.push_back(left.substr(0, n));
    left.remove_prefix(input.cut.back().size());
  }
  return input;
}

/// Small, so that the fuzzer reaches them.
inline constexpr http::HeadLimits kLimits{200, 1024, 10};

/// Faults may differ where two are due: which is seen first depends on the cuts.
inline bool same(const std::string& whole, const std::string& cut) {
  const auto failed = [](const std::string& text) {
    return text == "bad_message" || text == "version" || text == "head_too_large" ||
           text == "target_too_long";
  };
  return whole == cut || (failed(whole) && failed(cut));
}

}  // namespace segue::fuzz
