// Opening with distrust, and SQLite's codes translated once.
#include "lib/store/database.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/store/files.h"

namespace segue::store {
namespace {

using Kind = StoreError::Kind;

constexpr int kBusyMs = 1000;  // another process may just be ending
Kind kind_of(int code, int system) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Kind::kTaken;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Kind::kCorrupt;
    case SQLITE_FULL: return Kind::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return Kind::kUnwritable;
    case SQLITE_CANTOPEN:
      return system == ENOSPC || system == EDQUOT ? Kind::kFull : Kind::kUnwritable;
    case SQLITE_IOERR:
      if (system == ENOSPC || system == EDQUOT || system == EFBIG) return Kind::kFull;
      if (system == EROFS || system == EACCES || system == EPERM) return Kind::kUnwritable;
      // A file that is shorter than its header says.
      return code == SQLITE_IOERR_SHORT_READ ? Kind::kCorrupt : Kind::kFailed;
    default: return Kind::kFailed;
  }
}

const char* advice(Kind kind) {
  switch (kind) {
    case Kind::kTaken: return "another process uses it";
    case Kind::kCorrupt: return "it is damaged";
    case Kind::kForeign: return "it is not segue's";
    case Kind::kFull: return "there is no space left for it";
    case Kind::kUnwritable: return "it cannot be written";
    case Kind::kFailed: return "it cannot be used";
  }
  return "";
}

std::string percent_encoded(std::string_view path) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : path) {
    if (c != '%' && c != '?' && c != '#') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

}  // namespace

StoreError translated(sqlite3* db, int code) {
  const int system = sqlite3_system_errno(db);
  const Kind kind = kind_of(code, system);
  const char* file = sqlite3_db_filename(db, "main");
  std::string sentence = file == nullptr || *file == '\0' ? "the database in memory" : file;
  sentence += std::string(": ") + advice(kind) + ": " + sqlite3_errmsg(db);
  if (system != 0 && (code & 0xff) != SQLITE_CORRUPT)
    sentence += std::string(" (") + std::strerror(system) + ")";
  return {kind, std::move(sentence)};
}

// Opening.

void Database::Close::operator()(sqlite3* db) const noexcept {
  sqlite3_close_v2(db);
}

Result<Database, StoreError> Database::connect(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  SEGUE_CHECK(raw != nullptr, "no memory for a database");
  Database db(raw);
  if (code != SQLITE_OK) return fail(translated(raw, sqlite3_extended_errcode(raw)));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMs);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // A file that somebody prepared gets no functions to call, and no page that is longer than it is.
  if (auto set = db.run("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                        "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;");
      !set)
    return fail(std::move(set).error());
  return db;
}

Status<StoreError> Database::make(const std::string& path, const Schema& schema) {
  // SQLite would merge it with whatever gets the name of its database.
  if (exists(path + "-wal"))
    return fail(
        StoreError{Kind::kCorrupt, path + "-wal is there without " + path +
                                       ": put the database back, or move the journal away"});
  const std::string part = path + ".new";
  ::unlink(part.c_str());  // abandoned by one that ended while it made it
  if (auto made = make_file(part); !made) return made;
  const auto filled = [&]() -> Status<StoreError> {
    auto db = connect(part, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
    if (!db) return fail(std::move(db).error());
    if (auto set = db->run("PRAGMA journal_mode = MEMORY"); !set) return set;
    return db->migrate(schema, 0);
  };
  Status<StoreError> done = filled();
  if (done) done = give_name(part, path);
  if (!done) ::unlink(part.c_str());
  return done;
}

Result<Database, StoreError> Database::open(const std::string& path, const Schema& schema) {
  if (!exists(path))
    if (auto made = make(path, schema); !made) return fail(std::move(made).error());
  if (auto right = check_file(path); !right) return fail(std::move(right).error());
  auto db = connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW);
  if (!db) return db;
  if (sqlite3_db_readonly(db->handle(), "main") == 1)
    return fail(StoreError{Kind::kUnwritable, path + ": it cannot be written: permission denied"});
  // Exclusive first: the journal's index is then in memory. FULL syncs at each commit.
  if (auto set = db->run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;"
                         "PRAGMA journal_size_limit = 8388608");
      !set)
    return fail(std::move(set).error());
  if (auto set = db->write_ahead(); !set) return fail(std::move(set).error());
  if (auto settled = db->settle(schema); !settled) return fail(std::move(settled).error());
  return db;
}

Result<Database, StoreError> Database::open_to_read(const std::string& path, const Schema& schema) {
  if (auto right = check_file(path); !right) return fail(std::move(right).error());
  struct stat journal {};
  if (::stat((path + "-wal").c_str(), &journal) == 0 && journal.st_size > 0)
    return fail(StoreError{
        Kind::kUnwritable,
        path + ": it cannot be read without writing: its last changes are in " + path + "-wal"});
  auto db = connect("file:" + percent_encoded(path) + "?immutable=1",
                    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW);
  if (!db) return db;
  std::uint64_t version = 0;
  Status<StoreError> right = db->check_pages();
  if (right) right = db->check_kind(schema, version);
  if (right) right = db->check_tables(schema);
  if (!right) return fail(std::move(right).error());
  return db;
}

Database Database::in_memory(const Schema& schema) {
  auto db = connect(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  SEGUE_CHECK(db.ok(), "a database in memory opens");
  SEGUE_CHECK(db->migrate(schema, 0).ok(), "the schema is right");
  return std::move(db).value();
}

// Also the first look at the file, which takes its lock.
Status<StoreError> Database::write_ahead() {
  Statement set = prepare("PRAGMA journal_mode = WAL");
  auto row = set.step();
  if (!row) return fail(std::move(row).error());
  if (*row && set.text(0) == "wal") return Done{};
  return fail(StoreError{Kind::kFailed, std::string(sqlite3_db_filename(handle(), "main")) +
                                            ": it cannot have a journal (WAL)"});
}

// What is there, looked at.

Status<StoreError> Database::settle(const Schema& schema) {
  if (auto sound = check_pages(); !sound) return sound;
  std::uint64_t version = 0;
  if (auto ours = check_kind(schema, version); !ours) return ours;
  if (auto migrated = migrate(schema, version); !migrated) return migrated;
  return check_tables(schema);
}

Status<StoreError> Database::check_pages() {
  Statement check = prepare("PRAGMA integrity_check(1)");
  auto row = check.step();
  if (!row) return fail(std::move(row).error());
  if (*row && check.text(0) == "ok") return Done{};
  return fail(StoreError{Kind::kCorrupt, std::string(sqlite3_db_filename(db_.get(), "main")) +
                                             ": it is damaged: " + std::string(check.text(0))});
}

Status<StoreError> Database::check_kind(const Schema& schema, std::uint64_t& version) {
  auto application = pragma("PRAGMA application_id");
  if (!application) return fail(std::move(application).error());
  auto found = pragma("PRAGMA user_version");
  if (!found) return fail(std::move(found).error());
  version = *found;
  const std::string path = sqlite3_db_filename(db_.get(), "main");
  if (*application != schema.application)
    return fail(StoreError{Kind::kForeign, path + ": it is a database, but not one of segue's"});
  if (version > schema.migrations.size())
    return fail(StoreError{Kind::kForeign, path + ": it was written by a newer segue (version " +
                                               std::to_string(version) + ", this one knows " +
                                               std::to_string(schema.migrations.size()) + ")"});
  return Done{};
}

Status<StoreError> Database::migrate(const Schema& schema, std::uint64_t from) {
  if (from == schema.migrations.size()) return Done{};
  if (auto begun = begin(); !begun) return begun;
  const auto steps = [&]() -> Status<StoreError> {
    for (std::uint64_t step = from; step < schema.migrations.size(); ++step)
      if (auto taken = run(schema.migrations[step]); !taken) return taken;
    const std::string marks = "PRAGMA application_id = " + std::to_string(schema.application) +
                              "; PRAGMA user_version = " + std::to_string(schema.migrations.size());
    return run(marks.c_str());
  };
  Status<StoreError> taken = steps();
  if (taken) return commit();
  roll_back();
  return taken;
}

// The tables are those that the migrations make: queries of constants cannot fail then.
Status<StoreError> Database::check_tables(const Schema& schema) {
  auto found = tables();
  if (!found) return fail(std::move(found).error());
  if (*found == *in_memory(schema).tables()) return Done{};
  return fail(
      StoreError{Kind::kCorrupt, std::string(sqlite3_db_filename(db_.get(), "main")) +
                                     ": it is damaged: its tables are not those of its version"});
}

Result<std::string, StoreError> Database::tables() {
  Statement all = prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name");
  std::string text;
  while (true) {
    auto row = all.step();
    if (!row) return fail(std::move(row).error());
    if (!*row) return text;
    text += std::string(all.text(0)) + "\n";
  }
}

Result<std::uint64_t, StoreError> Database::pragma(const char* name) {
  Statement asked = prepare(name);
  auto row = asked.step();
  if (!row) return fail(std::move(row).error());
  return *row ? asked.number(0) : 0;
}

// Using it.

Status<StoreError> Database::run(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(translated(db_.get(), code));
  return Done{};
}

Status<StoreError> Database::begin() {
  return run("BEGIN IMMEDIATE");
}

Status<StoreError> Database::commit() {
  Status<StoreError> done = run("COMMIT");
  if (!done) roll_back();
  return done;
}

void Database::roll_back() {
  // SQLite has rolled back by itself after some errors, and says so with another.
  if (sqlite3_get_autocommit(db_.get()) == 0)
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

std::uint64_t Database::bytes() {
  const auto pages = pragma("PRAGMA page_count"), size = pragma("PRAGMA page_size");
  return pages && size ? *pages * *size : 0;
}

Result<std::string, StoreError> Database::image() {
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(db_.get(), "main", &size, 0);
  if (bytes == nullptr) {
    const int code = sqlite3_extended_errcode(db_.get());
    return fail(translated(db_.get(), code == SQLITE_OK ? SQLITE_IOERR : code));
  }
  std::string image(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  sqlite3_free(bytes);
  return image;
}

}  // namespace segue::store
