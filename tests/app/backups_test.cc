// Names that are times, and the oldest that go.
#include "app/backups.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "tests/support/temp_dir.h"

namespace segue::app {
namespace {

TEST_SUITE("app/backups") {
  TEST_CASE("a name is the time in UTC") {
    CHECK(backup_name(1'700'000'000'999) == "segue-20231114T221320Z.db");
    CHECK(backup_name(0) == "segue-19700101T000000Z.db");
  }

  TEST_CASE("the oldest go; what is not a backup stays") {
    tests::TempDir dir;
    const auto make = [&](const std::string& name) { std::ofstream(dir / name) << "x"; };
    for (std::uint64_t day = 1; day <= 5; ++day) make(backup_name(day * 86'400'000));
    for (const char* name : {"segue-2026.db", "segue-20260131T235959Z.db.part", "segue.db",
                             "segue-20269931T235959Z.db", "notes", "my-segue-20260131T235959Z.db"})
      make(name);
    CHECK(newest_backup_ms(dir / ".") == 5 * 86'400'000);
    CHECK(*remove_old_backups({dir / ".", 2}) == 3);
    CHECK(*remove_old_backups({dir / ".", 2}) == 0);
    std::size_t left = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir / ".")) {
      static_cast<void>(entry);
      ++left;
    }
    CHECK(left == 6 + 2);
    CHECK(std::filesystem::exists(dir / backup_name(4 * 86'400'000)));
    CHECK(!std::filesystem::exists(dir / backup_name(3 * 86'400'000)));
  }

  TEST_CASE("no folder has no backups") {
    CHECK(newest_backup_ms("/nonexistent") == 0);
    CHECK(!remove_old_backups({"/nonexistent", 2}).ok());
  }
}

}  // namespace
}  // namespace segue::app
