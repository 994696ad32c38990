// Revisions as differences and back, with checksums in between.
#include "app/journal.h"

#include <algorithm>
#include <utility>

#include "lib/base/hash.h"

namespace segue::app {
namespace {

using store::Statement;
using store::StoreError;

// "segue" would be five letters.
constexpr std::uint32_t kApplication = 0x73656775;

constexpr const char* kMigrations[] = {
    // `body` is the runtime without what it has in common with the revision before: `head` bytes at
    // its beginning and `tail` at its end. Kept whole, `whole` is 1 and both are 0. `sum` is over
    // all of the row, `previous` the sum of the one before.
    "CREATE TABLE revision (number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, uid INTEGER NOT "
    "NULL, name TEXT NOT NULL, reason TEXT NOT NULL, what TEXT NOT NULL, whole INTEGER NOT NULL, "
    "head INTEGER NOT NULL, tail INTEGER NOT NULL, body TEXT NOT NULL, previous INTEGER NOT NULL, "
    "sum INTEGER NOT NULL) STRICT;"
    "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL) "
    "STRICT, "
    "WITHOUT ROWID;"
    "CREATE TABLE endpoint_health (pool TEXT NOT NULL, address TEXT NOT NULL, state TEXT NOT NULL, "
    "since_ms INTEGER NOT NULL, transitions INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY "
    "(pool, address)) STRICT, WITHOUT "
    "ROWID;",
};
constexpr store::Database::Schema kSchema{kApplication, kMigrations};

constexpr const char* kProbe = "probe";  // a setting of our own

// Fields one after the other, each with its length, so that none can take from its neighbour.
class Sum {
 public:
  Sum& add(std::string_view text) {
    bytes_ += std::to_string(text.size());
    bytes_ += ':';
    bytes_ += text;
    return *this;
  }
  Sum& add(std::uint64_t number) { return add(std::to_string(number)); }
  std::uint64_t get() const noexcept { return siphash(bytes_) >> 1; }  // SQLite's are signed

 private:
  std::string bytes_;
};

struct Row {
  Revision revision;  // `runtime` is the body
  bool whole = false;
  std::uint64_t head = 0, tail = 0, previous = 0, sum = 0;
};

constexpr const char* kRows =
    "SELECT number, at_ms, uid, name, reason, what, whole, head, tail, body, previous, sum "
    "FROM revision WHERE number BETWEEN ? AND ? ORDER BY number";

Row row_of(const Statement& from) {
  Row row;
  row.revision.number = from.number(0);
  row.revision.at_ms = from.number(1);
  row.revision.uid = static_cast<std::uint32_t>(from.number(2));
  row.revision.name = from.text(3);
  row.revision.reason = from.text(4);
  row.revision.what = from.text(5);
  row.whole = from.number(6) == 1;
  row.head = from.number(7);
  row.tail = from.number(8);
  row.revision.runtime = from.text(9);
  row.previous = from.number(10);
  row.sum = from.number(11);
  return row;
}

std::uint64_t sum_of(const Row& row) {
  const Revision& r = row.revision;
  return Sum()
      .add(row.previous)
      .add(r.number)
      .add(r.at_ms)
      .add(r.uid)
      .add(r.name)
      .add(r.reason)
      .add(r.what)
      .add(row.whole ? 1 : 0)
      .add(row.head)
      .add(row.tail)
      .add(r.runtime)
      .get();
}

// Turns the runtime before into that of `row`. False when they do not fit.
bool step_to(const Row& row, std::string& runtime) {
  if (row.whole) {
    runtime = row.revision.runtime;
    return row.head == 0 && row.tail == 0;
  }
  if (row.head > runtime.size() || row.tail > runtime.size() - row.head) return false;
  runtime.replace(row.head, runtime.size() - row.head - row.tail, row.revision.runtime);
  return true;
}

StoreError damaged(const std::string& what) {
  return {StoreError::Kind::kCorrupt, "the journal is damaged: " + what};
}

std::string numbered(std::uint64_t number) {
  return "revision " + std::to_string(number);
}

std::uint64_t sum_of(const EndpointHealth& health) {
  return Sum()
      .add(health.pool)
      .add(health.address)
      .add(health.state)
      .add(health.since_ms)
      .add(health.transitions)
      .get();
}

}  // namespace

const store::Database::Schema& Journal::schema() {
  return kSchema;
}

Result<Journal, StoreError> Journal::open(store::Database database) {
  Journal journal(std::move(database));
  if (auto sound = journal.check(); !sound) return fail(std::move(sound).error());
  return journal;
}

// Every revision is read, so that a damaged one is known now and not when it is to be undone.
Status<StoreError> Journal::check() {
  Statement rows = db_.prepare(kRows);
  rows.bind(std::uint64_t{0}).bind(std::uint64_t{1} << 62);
  while (true) {
    auto found = rows.step();
    if (!found) return fail(std::move(found).error());
    if (!*found) break;
    const Row row = row_of(rows);
    const std::uint64_t number = row.revision.number;
    if (last_ == 0) {
      if (!row.whole) return fail(damaged(numbered(number) + " has lost those before it"));
      first_ = number;
    } else if (number != last_ + 1 || row.previous != last_sum_) {
      return fail(damaged(numbered(last_ + 1) + " is missing"));
    }
    if (sum_of(row) != row.sum) return fail(damaged(numbered(number) + " is not what was written"));
    if (!step_to(row, runtime_)) return fail(damaged(numbered(number) + " cannot be read"));
    if (row.whole) last_whole_ = number;
    last_sum_ = row.sum;
    last_ = number;
  }
  if (auto settings = check_settings(); !settings) return settings;
  if (auto known = health(); !known) return fail(std::move(known).error());
  return Done{};
}

Status<StoreError> Journal::check_settings() {
  Statement keys = db_.prepare("SELECT key FROM setting");
  while (true) {
    auto row = keys.step();
    if (!row) return fail(std::move(row).error());
    if (!*row) return Done{};
    if (auto value = setting(keys.text(0)); !value) return fail(std::move(value).error());
  }
}

Status<StoreError> Journal::in_transaction(const std::function<Status<StoreError>()>& writes) {
  if (auto begun = db_.begin(); !begun) return begun;
  Status<StoreError> done = writes();
  if (done) return db_.commit();
  db_.roll_back();
  return done;
}

Result<std::uint64_t, StoreError> Journal::append(const Revision& revision, std::uint64_t keep) {
  Row row;
  row.revision = revision;
  row.revision.number = last_ + 1;
  const std::string &before = runtime_, &after = revision.runtime;
  const std::size_t shorter = std::min(before.size(), after.size());
  const auto head = static_cast<std::size_t>(
      std::mismatch(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(shorter),
                    before.begin())
          .first -
      after.begin());
  const auto tail = static_cast<std::size_t>(
      std::mismatch(after.rbegin(), after.rbegin() + static_cast<std::ptrdiff_t>(shorter - head),
                    before.rbegin())
          .first -
      after.rbegin());
  row.whole = last_ == 0 || row.revision.number - last_whole_ >= kWholeEvery ||
              2 * (head + tail) < after.size();
  if (!row.whole) {
    row.head = head;
    row.tail = tail;
    row.revision.runtime = after.substr(head, after.size() - head - tail);
  }
  row.previous = last_sum_;
  row.sum = sum_of(row);

  const auto write = [&]() -> Status<StoreError> {
    Statement insert =
        db_.prepare("INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const Revision& r = row.revision;
    insert.bind(r.number).bind(r.at_ms).bind(std::uint64_t{r.uid}).bind(r.name).bind(r.reason);
    insert.bind(r.what).bind(std::uint64_t{row.whole}).bind(row.head).bind(row.tail);
    insert.bind(r.runtime).bind(row.previous).bind(row.sum);
    return insert.run();
  };
  // A second transaction would be a second wait for the disk.
  std::uint64_t first = first_ == 0 ? row.revision.number : first_;
  const auto write_and_prune = [&]() -> Status<StoreError> {
    if (auto written = write(); !written) return written;
    return prune(row.revision.number, keep, first);
  };
  if (auto done = in_transaction(write_and_prune); !done) return fail(std::move(done).error());
  first_ = first;
  last_ = row.revision.number;
  last_sum_ = row.sum;
  if (row.whole) last_whole_ = last_;
  runtime_ = after;
  return last_;
}

// Whole ones have all they need; those before the newest of them that is old enough can go.
Status<StoreError> Journal::prune(std::uint64_t last, std::uint64_t keep, std::uint64_t& first) {
  if (last - first < keep + kWholeEvery) return Done{};
  Statement oldest =
      db_.prepare("SELECT max(number) FROM revision WHERE whole = 1 AND number <= ?");
  oldest.bind(last - keep + 1);
  auto row = oldest.step();
  if (!row) return fail(std::move(row).error());
  const std::uint64_t from = *row ? oldest.number(0) : 0;
  oldest.reset();
  if (from <= first) return Done{};
  Statement gone = db_.prepare("DELETE FROM revision WHERE number < ?");
  gone.bind(from);
  if (auto done = gone.run(); !done) return done;
  first = from;
  return Done{};
}

Result<std::vector<Revision>, StoreError> Journal::list(std::uint64_t before, std::uint64_t limit) {
  Statement rows = db_.prepare(
      "SELECT number, at_ms, uid, name, reason, what FROM revision WHERE number < ? ORDER BY "
      "number DESC LIMIT ?");
  rows.bind(before == 0 ? last_ + 1 : std::min(before, last_ + 1)).bind(limit);
  std::vector<Revision> list;
  while (true) {
    auto row = rows.step();
    if (!row) return fail(std::move(row).error());
    if (!*row) return list;
    list.push_back({rows.number(0), rows.number(1), static_cast<std::uint32_t>(rows.number(2)),
                    std::string(rows.text(3)), std::string(rows.text(4)), std::string(rows.text(5)),
                    ""});
  }
}

Result<std::optional<Revision>, StoreError> Journal::find(std::uint64_t number) {
  if (number == 0 || number < first_ || number > last_) return std::optional<Revision>();
  Statement whole = db_.prepare("SELECT max(number) FROM revision WHERE whole = 1 AND number <= ?");
  whole.bind(number);
  auto at = whole.step();
  if (!at) return fail(std::move(at).error());
  const std::uint64_t from = *at ? whole.number(0) : 0;
  Statement rows = db_.prepare(kRows);
  rows.bind(from).bind(number);
  std::string runtime;
  Row row;
  while (true) {
    auto found = rows.step();
    if (!found) return fail(std::move(found).error());
    if (!*found) break;
    row = row_of(rows);
    if (!step_to(row, runtime)) return fail(damaged(numbered(number) + " cannot be read"));
  }
  if (row.revision.number != number) return fail(damaged(numbered(number) + " is missing"));
  row.revision.runtime = std::move(runtime);
  return std::optional<Revision>(std::move(row.revision));
}

Result<std::optional<std::string>, StoreError> Journal::setting(std::string_view key) {
  Statement found = db_.prepare("SELECT value, sum FROM setting WHERE key = ?");
  found.bind(key);
  auto row = found.step();
  if (!row) return fail(std::move(row).error());
  if (!*row) return std::optional<std::string>();
  if (Sum().add(key).add(found.text(0)).get() != found.number(1))
    return fail(damaged("setting " + std::string(key) + " is not what was written"));
  return std::optional<std::string>(found.text(0));
}

Status<StoreError> Journal::set(std::string_view key, std::string_view value) {
  return in_transaction([&] {
    Statement write = db_.prepare("INSERT OR REPLACE INTO setting VALUES (?, ?, ?)");
    write.bind(key).bind(value).bind(Sum().add(key).add(value).get());
    return write.run();
  });
}

Status<StoreError> Journal::probe() {
  return set(kProbe, "");
}

Result<std::vector<EndpointHealth>, StoreError> Journal::health() {
  Statement rows = db_.prepare(
      "SELECT pool, address, state, since_ms, transitions, sum FROM endpoint_health ORDER BY pool, "
      "address");
  std::vector<EndpointHealth> all;
  while (true) {
    auto row = rows.step();
    if (!row) return fail(std::move(row).error());
    if (!*row) return all;
    all.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)),
                   rows.number(3), rows.number(4)});
    if (sum_of(all.back()) != rows.number(5))
      return fail(damaged("the health of " + all.back().pool + "/" + all.back().address +
                          " is not what was written"));
  }
}

Status<StoreError> Journal::save_health(const std::vector<EndpointHealth>& all) {
  return in_transaction([&]() -> Status<StoreError> {
    if (auto gone = db_.run("DELETE FROM endpoint_health"); !gone) return gone;
    Statement write =
        db_.prepare("INSERT OR REPLACE INTO endpoint_health VALUES (?, ?, ?, ?, ?, ?)");
    for (const EndpointHealth& health : all) {
      write.bind(health.pool).bind(health.address).bind(health.state).bind(health.since_ms);
      write.bind(health.transitions).bind(sum_of(health));
      if (auto written = write.run(); !written) return written;
    }
    return Done{};
  });
}

}  // namespace segue::app
