// Finds a few values in a JSON text that comes in pieces. Neither the text nor a tree of it is
// kept, and reading ends as soon as the answers are known.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"

namespace segue::http {

/// Whether `text` is a JSON pointer (RFC 6901 §3) that a JsonQuery takes: not the empty one, at
/// most JsonQuery::kTokensMax tokens, of JsonQuery::kTokenBytesMax bytes each.
bool is_json_pointer(std::string_view text) noexcept;

/// What to look for in a text: up to two answers, each with several places where it may stand.
/// Immutable.
///
/// The first answer decides how far a text is read. The second is picked up on the way: within the
/// first kAlongBytes, and behind them no further than the first answer takes.
class JsonQuery {
 public:
  static constexpr std::size_t kAnswers = 2;
  static constexpr std::size_t kTermsMax = 32;     ///< over both answers
  static constexpr std::size_t kPointersMax = 32;  ///< different ones
  static constexpr std::size_t kTokensMax = 8;     ///< of a pointer
  static constexpr std::size_t kTokenBytesMax = 256;
  static constexpr std::size_t kAlongBytes = 64 * 1024;

  /// One place of an answer: the value at `pointer`; with `second`, both values with '/' between.
  struct Term {
    std::string pointer, second;
    std::uint8_t answer = 0;
    /// The lowest rank that has a value wins. Within a rank it is the value that comes first.
    std::uint8_t rank = 0;
  };

  JsonQuery() = default;
  /// `terms` are within the limits above; their pointers are is_json_pointer().
  explicit JsonQuery(std::vector<Term> terms);

  const std::vector<Term>& terms() const noexcept { return terms_; }
  bool empty() const noexcept { return terms_.empty(); }

 private:
  friend class JsonScan;
  using Mask = std::uint32_t;  // of pointers
  static_assert(kPointersMax <= 32);

  struct Token {
    static constexpr std::uint64_t kNoIndex = std::numeric_limits<std::uint64_t>::max();
    std::string text;                // unescaped
    std::uint64_t index = kNoIndex;  // the same as an index of an array (RFC 6901 §4)
  };
  struct Goal {  // a term, compiled
    Mask pointers = 0;
    std::uint8_t first = 0, second = 0;  // pointers; equal: one
    std::uint8_t rank = 0;
    std::uint8_t term = 0;
  };
  std::uint8_t add(std::string_view pointer);

  std::vector<Term> terms_;
  std::vector<std::vector<Token>> pointers_;
  std::array<std::vector<Goal>, kAnswers> goals_;  // by rank
};

/// One reading of one text. Reusable, and warm without allocation.
///
/// Of a name that an object has twice the first one counts, at every level, whatever its value.
/// Values are strings, decoded, and numbers, as written; anything else, and what is longer than
/// kValueBytesMax or empty, counts as not there. A text that is not JSON (RFC 8259), or deeper than
/// kDepthMax, has the answers that were known before the fault.
class JsonScan {
 public:
  static constexpr std::size_t kDepthMax = 64;
  static constexpr std::size_t kValueBytesMax = 256;
  static constexpr std::uint8_t kAllRanks = 255;

  JsonScan();
  ~JsonScan();
  JsonScan(const JsonScan&) = delete;
  JsonScan& operator=(const JsonScan&) = delete;

  /// Begins a text. `query` outlives the reading. Terms of the first answer whose rank is not below
  /// `ranks` are left out.
  void begin(const JsonQuery& query, std::uint8_t ranks = kAllRanks);

  enum class State : std::uint8_t { kMore, kDone };
  State feed(Bytes bytes);  ///< the next piece; once done, nothing is looked at any more
  State end();              ///< there is no more
  State state() const noexcept;

  struct Answer {
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
    std::size_t term = kNone;  ///< of the query's
    std::string_view value;    ///< holds until the next begin()

    explicit operator bool() const noexcept { return term != kNone; }
  };
  /// The answer, once done. Whatever the pieces were, the answers are the same.
  Answer answer(std::size_t which) const noexcept;

 private:
  class Reader;
  struct Parser;

  std::unique_ptr<Parser> parser_;
  std::size_t fed_ = 0;
};

}  // namespace segue::http
