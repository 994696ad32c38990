// SQLite behind RAII: one connection, its statements and its transactions, errors as values.
//
// A connection has its file for itself (exclusive locking): no reader can hold up a checkpoint, no
// second writer can take its turn, and there is no shared-memory file, so that a full disk does not
// keep what is there from being read. What is committed is on the disk when commit() returns (WAL,
// synchronous = FULL).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/store/store_error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace segue::store {

/// A prepared statement with its values. Views it gives hold until the next step() or reset().
class Statement {
 public:
  Statement& bind(std::uint64_t value);  ///< at most 2^63 - 1
  Statement& bind(std::string_view value);

  /// True with a row, false at the end. After false or an error the statement is as new.
  Result<bool, StoreError> step();
  Status<StoreError> run();  ///< to the end, rows unseen
  void reset();

  std::uint64_t number(int column) const;  ///< 0 when negative
  std::string_view text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  Statement(sqlite3* db, std::string_view sql);

  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;  // null when it could not be prepared
  int bound_ = 0;
};

/// Used by one thread at a time; it may be another one later. Statements and backups end before it.
class Database {
 public:
  /// What a kind of database is called in its file's header, and the steps by which its tables came
  /// to be: `migrations[n]` leads from version n to n + 1. They outlive the database.
  struct Schema {
    std::uint32_t application;  ///< never 0
    std::span<const char* const> migrations;
  };

  /// Opens `path`, checks every page and brings the tables up to date. When it is not there, a new
  /// one gets that name once it is complete (mode 0600, never through a symbolic link). The folder
  /// is the caller's (Folder). Errors: the file is as it was.
  static Result<Database, StoreError> open(const std::string& path, const Schema& schema);

  /// For a file that is there and cannot be written; nothing is changed. Refuses one with a
  /// journal, which could not be merged, and one whose tables would have to be brought up to date.
  static Result<Database, StoreError> open_to_read(const std::string& path, const Schema& schema);

  static Database in_memory(const Schema& schema);  ///< gone with the object

  /// One or several statements without results.
  Status<StoreError> run(const char* sql);
  /// Never fails: what is wrong is said by the first step().
  Statement prepare(std::string_view sql) { return {db_.get(), sql}; }

  /// A transaction that writes: undone by roll_back(), or by a commit() that fails.
  Status<StoreError> begin();
  Status<StoreError> commit();
  void roll_back();

  std::uint64_t bytes();  ///< of the file, without its journal
  /// The whole database as the bytes of a file that open() takes.
  Result<std::string, StoreError> image();

  sqlite3* handle() noexcept { return db_.get(); }  ///< for Backup

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept;
  };
  explicit Database(sqlite3* db) : db_(db) {}
  static Result<Database, StoreError> connect(const std::string& path, int flags);
  static Status<StoreError> make(const std::string& path, const Schema& schema);
  Status<StoreError> write_ahead();
  Status<StoreError> settle(const Schema& schema);
  Status<StoreError> check_pages();
  Status<StoreError> check_kind(const Schema& schema, std::uint64_t& version);
  Status<StoreError> migrate(const Schema& schema, std::uint64_t from);
  Status<StoreError> check_tables(const Schema& schema);
  Result<std::uint64_t, StoreError> pragma(const char* name);
  Result<std::string, StoreError> tables();

  std::unique_ptr<sqlite3, Close> db_;
};

/// `code` of SQLite about `db` as what callers can act on.
StoreError translated(sqlite3* db, int code);

}  // namespace segue::store
