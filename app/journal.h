// The journal of what operators set: numbered revisions, each the whole of it, and a few settings.
//
// Text in, text out: what a revision means is the caller's. Rows carry a checksum of their content,
// so that a damaged database is recognised where SQLite alone would not, and a revision's covers
// that of the one before, so that none is missing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/store/database.h"

namespace segue::app {

struct Revision {
  std::uint64_t number = 0;  ///< from 1, without gaps; 0 stands for what was before the first
  std::uint64_t at_ms = 0;   ///< milliseconds since 1970
  std::uint32_t uid = 0;
  std::string name;     ///< of the user, may be empty
  std::string reason;   ///< as given, may be empty
  std::string what;     ///< a sentence
  std::string runtime;  ///< what was set from then on; left out of lists
};

/// What was known about an endpoint when it was last written down.
struct EndpointHealth {
  std::string pool, address, state;
  std::uint64_t since_ms = 0;
  std::uint64_t transitions = 0;
  auto operator<=>(const EndpointHealth&) const = default;
};

/// Blocking; used by one thread at a time.
class Journal {
 public:
  /// A revision is kept as what differs from the one before; after so many it is kept whole.
  static constexpr std::uint64_t kWholeEvery = 128;

  static const store::Database::Schema& schema();

  /// Reads and checks all of it. Errors: kCorrupt also for what only checksums find.
  static Result<Journal, store::StoreError> open(store::Database database);

  /// Durable when it returns. `number` is not looked at; the revision's is returned.
  /// Of the oldest, those beyond `keep` may go.
  Result<std::uint64_t, store::StoreError> append(const Revision& revision, std::uint64_t keep);

  std::uint64_t last() const noexcept { return last_; }             ///< 0: none yet
  std::uint64_t first() const noexcept { return first_; }           ///< that is kept; 0: none yet
  const std::string& runtime() const noexcept { return runtime_; }  ///< of the last; "" before

  /// Newest first, at most `limit`, only those before `before` (0: all); without their runtime.
  Result<std::vector<Revision>, store::StoreError> list(std::uint64_t before, std::uint64_t limit);
  /// Whole; none when it is not kept.
  Result<std::optional<Revision>, store::StoreError> find(std::uint64_t number);

  Result<std::optional<std::string>, store::StoreError> setting(std::string_view key);
  Status<store::StoreError> set(std::string_view key, std::string_view value);

  Result<std::vector<EndpointHealth>, store::StoreError> health();
  Status<store::StoreError> save_health(const std::vector<EndpointHealth>& all);  ///< instead

  /// Writes something that means nothing: does writing work?
  Status<store::StoreError> probe();

  store::Database& database() noexcept { return db_; }

 private:
  explicit Journal(store::Database database) : db_(std::move(database)) {}
  Status<store::StoreError> check();
  Status<store::StoreError> check_settings();
  Status<store::StoreError> prune(std::uint64_t last, std::uint64_t keep, std::uint64_t& first);
  Status<store::StoreError> in_transaction(
      const std::function<Status<store::StoreError>()>& writes);

  store::Database db_;
  std::uint64_t first_ = 0, last_ = 0;
  std::uint64_t last_whole_ = 0;  // number of the newest revision that is kept whole
  std::uint64_t last_sum_ = 0;
  std::string runtime_;
};

}  // namespace segue::app
