// Values in, rows out.
#include <limits>
#include <utility>

#include <sqlite3.h>

#include "lib/base/check.h"
#include "lib/store/database.h"

namespace segue::store {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* db, std::string_view sql) : db_(db) {
  sqlite3_stmt* raw = nullptr;
  sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  statement_.reset(raw);
}

Statement& Statement::bind(std::uint64_t value) {
  SEGUE_CHECK(value <= std::numeric_limits<std::int64_t>::max(), "numbers are SQLite's");
  sqlite3_bind_int64(statement_.get(), ++bound_, static_cast<sqlite3_int64>(value));
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  sqlite3_bind_text64(statement_.get(), ++bound_, value.empty() ? "" : value.data(), value.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Result<bool, StoreError> Statement::step() {
  if (statement_ == nullptr) return fail(translated(db_, sqlite3_extended_errcode(db_)));
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  StoreError error = translated(db_, code);
  reset();
  return fail(std::move(error));
}

Status<StoreError> Statement::run() {
  while (true) {
    auto row = step();
    if (!row) return fail(std::move(row).error());
    if (!*row) return Done{};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
}

std::uint64_t Statement::number(int column) const {
  const sqlite3_int64 value = sqlite3_column_int64(statement_.get(), column);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::string_view Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

}  // namespace segue::store
