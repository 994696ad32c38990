// The keys of cohorts that only a request's body knows, found while it is on its way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/http/form_field.h"
#include "lib/http/json_scan.h"
#include "lib/http/message.h"
#include "routing/forge.h"

namespace segue::routing {

/// How JSON is carried by a body, judged by Content-Type and Content-Encoding.
enum class BodyForm : std::uint8_t {
  kOpaque,       ///< not at all, or compressed
  kJson,         ///< application/json, application/…+json
  kFormPayload,  ///< a form's field "payload"
};
BodyForm body_form(const http::Head& head) noexcept;

/// What to look for in bodies: sources in order of preference. Immutable.
class BodyQuery {
 public:
  static constexpr std::size_t kSourcesMax = 8;
  struct Source {
    enum class Kind : std::uint8_t { kPointer, kRepositoryById, kRepositoryByName } kind;
    std::string pointer;  ///< is_json_pointer(), for kPointer
  };

  BodyQuery() = default;
  explicit BodyQuery(std::span<const Source> sources);  ///< at most kSourcesMax

  bool empty() const noexcept { return ranks_.size() <= 1; }
  const http::JsonQuery& of(Forge forge) const noexcept;
  /// The first rank of source `i`; of one behind the last: of nothing.
  std::uint8_t rank(std::size_t i) const noexcept { return ranks_[i]; }
  std::size_t source_of(std::uint8_t rank) const noexcept;

 private:
  std::vector<std::uint8_t> ranks_;
  std::vector<http::JsonQuery> queries_;  // by forge; one where all are the same
};

/// What a body says. Views hold until the scan's next begin().
struct BodyKey {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::size_t source = kNone;  ///< of the query's
  /// A name or the value at a pointer, as it stands there; an id with its forge before it:
  /// "github:1296269", so that ids of two forges are two repositories.
  std::string_view text;
  std::string_view alias;  ///< the repository's name where `text` is its id; may be empty

  explicit operator bool() const noexcept { return source != kNone; }
};

/// One reading of one body. Reusable, and warm without allocation.
class BodyScan {
 public:
  using State = http::JsonScan::State;

  /// `query` outlives the reading. The first `sources` of its sources are looked for. `form` is not
  /// kOpaque.
  void begin(const BodyQuery& query, std::size_t sources, BodyForm form, Forge forge);

  State feed(Bytes bytes);                       ///< content of the body, without chunk framing
  State end();                                   ///< it is over
  BodyKey key() const noexcept { return key_; }  ///< once done

 private:
  // A form's field is decoded in pieces of this size; larger ones gain nothing.
  static constexpr std::size_t kPieceBytes = 2048;
  State finish();

  const BodyQuery* query_ = nullptr;
  Forge forge_ = Forge::kNone;
  BodyForm form_ = BodyForm::kJson;
  http::JsonScan json_;
  http::FormField field_;
  BodyKey key_;
  std::string text_;  // an id with its forge
};

}  // namespace segue::routing
