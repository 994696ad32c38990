// A database is what was committed, or is refused with a sentence.
#include "lib/store/database.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lib/store/backup.h"
#include "lib/store/files.h"
#include "tests/support/temp_dir.h"

namespace segue::store {
namespace {

using Kind = StoreError::Kind;
using tests::read_file;
using tests::TempDir;

constexpr const char* kSteps[] = {"CREATE TABLE word (text TEXT NOT NULL) STRICT",
                                  "CREATE INDEX words ON word (text)"};
constexpr Database::Schema kSchema{0x74657374, kSteps};

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Database opened(const std::string& path) {
  auto db = Database::open(path, kSchema);
  REQUIRE_MESSAGE(db.ok(), (db.ok() ? "" : db.error().sentence));
  return std::move(db).value();
}

Status<StoreError> add(Database& db, const std::string& word) {
  Statement insert = db.prepare("INSERT INTO word VALUES (?)");
  insert.bind(word);
  return insert.run();
}

std::string words(Database& db) {
  std::string all;
  Statement each = db.prepare("SELECT text FROM word ORDER BY rowid");
  for (auto row = each.step(); *row; row = each.step()) all += std::string(each.text(0)) + " ";
  return all;
}

StoreError refusal(const std::string& path, const Database::Schema& schema = kSchema) {
  auto db = Database::open(path, schema);
  REQUIRE(!db.ok());
  INFO(db.error().sentence);
  return db.error();
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

TEST_SUITE("lib/store/database") {
  TEST_CASE("what was committed is there again, what was not is not") {
    TempDir dir;
    {
      Database db = opened(dir / "a.db");
      REQUIRE(db.begin().ok());
      REQUIRE(add(db, "one").ok());
      REQUIRE(db.commit().ok());
      REQUIRE(db.begin().ok());
      REQUIRE(add(db, "two").ok());
      db.roll_back();
      REQUIRE(db.begin().ok());
      REQUIRE(add(db, "three").ok());  // and the process ends
    }
    Database db = opened(dir / "a.db");
    CHECK(words(db) == "one ");
  }

  TEST_CASE("files are for their owner alone, whatever the umask and whatever they were") {
    TempDir dir;
    const mode_t before = ::umask(0);
    { opened(dir / "a.db"); }
    ::umask(before);
    CHECK(mode_of(dir / "a.db") == 0600);
    ::chmod((dir / "a.db").c_str(), 0644);
    Database db = opened(dir / "a.db");
    REQUIRE(add(db, "one").ok());
    CHECK(mode_of(dir / "a.db") == 0600);
    CHECK(mode_of(dir / "a.db-wal") == 0600);
  }

  TEST_CASE("nothing is opened through a link") {
    TempDir dir;
    { opened(dir / "a.db"); }
    std::filesystem::create_symlink(dir / "a.db", dir / "soft.db");
    CHECK(refusal(dir / "soft.db").kind == Kind::kUnwritable);
    std::filesystem::create_symlink(dir / "nowhere", dir / "dangling.db");
    CHECK(refusal(dir / "dangling.db").kind == Kind::kUnwritable);
    CHECK(!exists(dir / "nowhere"));
    std::filesystem::create_hard_link(dir / "a.db", dir / "hard.db");
    CHECK(refusal(dir / "hard.db").kind == Kind::kUnwritable);
    std::filesystem::create_directory(dir / "folder.db");
    CHECK(refusal(dir / "folder.db").kind == Kind::kUnwritable);
    ::mkfifo((dir / "pipe.db").c_str(), 0600);
    CHECK(refusal(dir / "pipe.db").kind == Kind::kUnwritable);
  }

  TEST_CASE("a second connection is refused") {
    TempDir dir;
    Database db = opened(dir / "a.db");
    CHECK(refusal(dir / "a.db").kind == Kind::kTaken);
  }

  TEST_CASE("tables are brought up to date, and those of a newer version left alone") {
    TempDir dir;
    const Database::Schema older{kSchema.application, std::span(kSteps).first(1)};
    {
      auto db = Database::open(dir / "a.db", older);
      REQUIRE(db.ok());
      REQUIRE(add(*db, "one").ok());
    }
    {
      Database db = opened(dir / "a.db");
      CHECK(words(db) == "one ");
    }
    const std::string bytes = read_file(dir / "a.db");
    const StoreError newer = refusal(dir / "a.db", older);
    CHECK(newer.kind == Kind::kForeign);
    CHECK(newer.sentence.find("newer segue") != std::string::npos);
    CHECK(read_file(dir / "a.db") == bytes);
  }

  TEST_CASE("what is not ours is left as it is") {
    TempDir dir;
    const Database::Schema other{1, kSteps};
    { REQUIRE(Database::open(dir / "other.db", other).ok()); }
    CHECK(refusal(dir / "other.db").kind == Kind::kForeign);
    write(dir / "text.db",
          "this is a letter and no database, and it is long enough for a header, "
          "which takes one hundred bytes.");
    const std::string text = read_file(dir / "text.db");
    CHECK(refusal(dir / "text.db").kind == Kind::kCorrupt);
    CHECK(read_file(dir / "text.db") == text);
    write(dir / "empty.db", "");
    CHECK(refusal(dir / "empty.db").kind == Kind::kCorrupt);
    write(dir / "new.db-wal", "a journal that belongs to something else");
    CHECK(refusal(dir / "new.db").kind == Kind::kCorrupt);
    CHECK(!exists(dir / "new.db"));
  }

  TEST_CASE("an image is a database") {
    TempDir dir;
    Database db = opened(dir / "a.db");
    REQUIRE(add(db, "one").ok());
    const auto image = db.image();
    REQUIRE(image.ok());
    REQUIRE(write_file(dir / "b.db", *image).ok());
    Database copy = opened(dir / "b.db");
    CHECK(words(copy) == "one ");
    Database memory = Database::in_memory(kSchema);
    REQUIRE(add(memory, "light").ok());
    REQUIRE(write_file(dir / "c.db", *memory.image()).ok());
    Database light = opened(dir / "c.db");
    CHECK(words(light) == "light ");
  }

  TEST_CASE("a backup has what was committed before its last step, also in between") {
    TempDir dir;
    Database db = opened(dir / "a.db");
    REQUIRE(db.begin().ok());
    for (int i = 0; i < 3000; ++i) REQUIRE(add(db, std::string(1000, 'x')).ok());
    REQUIRE(db.commit().ok());
    auto backup = Backup::begin(db, dir / "b.db");
    REQUIRE(backup.ok());
    auto done = (*backup)->step();
    REQUIRE(done.ok());
    CHECK(!*done);
    CHECK(!exists(dir / "b.db"));
    REQUIRE(add(db, "late").ok());
    while (!*done) {
      done = (*backup)->step();
      REQUIRE(done.ok());
    }
    CHECK(mode_of(dir / "b.db") == 0600);
    CHECK(!exists(dir / "b.db.part"));
    REQUIRE(add(db, "later").ok());
    Database copy = opened(dir / "b.db");
    const std::string found = words(copy);
    CHECK(found.substr(found.size() - 5) == "late ");
  }

  TEST_CASE("an abandoned backup leaves nothing, and is no obstacle to the next") {
    TempDir dir;
    Database db = opened(dir / "a.db");
    { REQUIRE(Backup::begin(db, dir / "b.db").ok()); }
    CHECK(!exists(dir / "b.db.part"));
    write(dir / "b.db.part", "of one that was killed");
    auto backup = Backup::begin(db, dir / "b.db");
    REQUIRE(backup.ok());
    while (true) {
      auto done = (*backup)->step();
      REQUIRE(done.ok());
      if (*done) break;
    }
    opened(dir / "b.db");
  }

  TEST_CASE("a file that cannot grow loses nothing, and is used again when it can") {
    TempDir dir;
    Database db = opened(dir / "a.db");
    REQUIRE(add(db, "one").ok());
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 100 * 1024;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto refused = add(db, std::string(200 * 1024, 'x'));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, ignored);
    REQUIRE(!refused.ok());
    INFO(refused.error().sentence);
    CHECK(refused.error().kind == Kind::kFailed);  // SQLite keeps the EFBIG to itself
    CHECK(words(db) == "one ");
    REQUIRE(add(db, "two").ok());
    CHECK(words(db) == "one two ");
  }

  TEST_CASE("no space left is said to be that") {
    TempDir dir;
    Database db = opened(dir / "a.db");
    REQUIRE(add(db, "one").ok());
    REQUIRE(db.run("PRAGMA max_page_count = 5").ok());
    const auto refused = add(db, std::string(20'000, 'x'));
    REQUIRE(!refused.ok());
    CHECK(refused.error().kind == Kind::kFull);
    CHECK(refused.error().sentence.find("no space left") != std::string::npos);
  }

  TEST_CASE("what cannot be written can be read, if nothing is left in a journal") {
    TempDir dir;
    {
      Database db = opened(dir / "a.db");
      REQUIRE(add(db, "one").ok());
      CHECK(Database::open_to_read(dir / "a.db", kSchema).error().kind == Kind::kUnwritable);
    }
    auto db = Database::open_to_read(dir / "a.db", kSchema);
    REQUIRE(db.ok());
    CHECK(words(*db) == "one ");
    CHECK(add(*db, "two").error().kind == Kind::kUnwritable);
  }
}

}  // namespace
}  // namespace segue::store
