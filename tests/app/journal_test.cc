// Revisions survive, are complete, and a damaged journal is known to be damaged.
#include "app/journal.h"

#include <csignal>
#include <fstream>
#include <map>
#include <random>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "lib/store/files.h"
#include "tests/support/temp_dir.h"

namespace segue::app {
namespace {

using store::Database;
using store::StoreError;
using tests::read_file;
using tests::TempDir;

constexpr std::uint64_t kAll = 1000;

Result<Journal, StoreError> try_open(const std::string& path) {
  auto database = Database::open(path, Journal::schema());
  if (!database) return fail(database.error());
  return Journal::open(std::move(database).value());
}

Journal opened(const std::string& path) {
  auto journal = try_open(path);
  REQUIRE_MESSAGE(journal.ok(), (journal.ok() ? "" : journal.error().sentence));
  return std::move(journal).value();
}

Revision revision(std::string runtime) {
  Revision r;
  r.at_ms = 1'700'000'000'000;
  r.uid = 1000;
  r.name = "ada";
  r.reason = "because";
  r.what = "weights ui old=90 new=10";
  r.runtime = std::move(runtime);
  return r;
}

std::uint64_t append(Journal& journal, const std::string& runtime, std::uint64_t keep = kAll) {
  const auto number = journal.append(revision(runtime), keep);
  REQUIRE_MESSAGE(number.ok(), (number.ok() ? "" : number.error().sentence));
  return *number;
}

std::string runtime_of(Journal& journal, std::uint64_t number) {
  const auto found = journal.find(number);
  REQUIRE(found.ok());
  REQUIRE(found->has_value());
  return (*found)->runtime;
}

// Text that changes here and there, as a runtime does.
std::string changed(std::string text, std::mt19937& random) {
  for (auto edits = random() % 3; edits > 0; --edits) {
    const std::size_t at = random() % (text.size() + 1);
    switch (random() % 3) {
      case 0:
        text.insert(at, std::string(random() % 40, static_cast<char>('a' + random() % 26)));
        break;
      case 1: text.erase(at, random() % 30); break;
      default: text = text.substr(at) + text.substr(0, at); break;
    }
  }
  return text;
}

TEST_SUITE("app/journal") {
  TEST_CASE("every revision comes back whole, also from another process") {
    TempDir dir;
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::vector<std::string> runtimes{""};
    {
      Journal journal = opened(dir / "j.db");
      CHECK(journal.last() == 0);
      CHECK(journal.runtime().empty());
      for (std::uint64_t i = 1; i <= 300; ++i) {
        runtimes.push_back(changed(runtimes.back(), random));
        CHECK(append(journal, runtimes.back()) == i);
        CHECK(runtime_of(journal, i) == runtimes[i]);
      }
    }
    Journal journal = opened(dir / "j.db");
    CHECK(journal.first() == 1);
    CHECK(journal.last() == 300);
    CHECK(journal.runtime() == runtimes.back());
    for (std::uint64_t i = 1; i < runtimes.size(); ++i)
      CHECK(runtime_of(journal, i) == runtimes[i]);
    CHECK(!journal.find(0)->has_value());
    CHECK(!journal.find(301)->has_value());
  }

  TEST_CASE("a list has who, when, why and what, newest first, page by page") {
    Journal journal = Journal::open(Database::in_memory(Journal::schema())).value();
    CHECK(journal.list(0, 10)->empty());
    for (int i = 0; i < 25; ++i) append(journal, std::to_string(i));
    const auto first = journal.list(0, 10);
    REQUIRE(first.ok());
    REQUIRE(first->size() == 10);
    CHECK(first->front().number == 25);
    CHECK(first->front().what == "weights ui old=90 new=10");
    CHECK(first->front().reason == "because");
    CHECK(first->front().name == "ada");
    CHECK(first->front().uid == 1000);
    CHECK(first->front().at_ms == 1'700'000'000'000);
    const auto last = journal.list(6, 10);
    REQUIRE(last->size() == 5);
    CHECK(last->front().number == 5);
    CHECK(last->back().number == 1);
  }

  TEST_CASE("the oldest go, the others stay whole") {
    TempDir dir;
    std::mt19937 random(7);
    std::map<std::uint64_t, std::string> runtimes;
    {
      Journal journal = opened(dir / "j.db");
      std::string text(200, '.');
      for (int i = 0; i < 500; ++i) {
        text = changed(text, random);
        runtimes[append(journal, text, 100)] = text;
        CHECK(journal.last() - journal.first() + 1 <= 100 + 2 * Journal::kWholeEvery);
      }
    }
    Journal journal = opened(dir / "j.db");
    CHECK(journal.first() > 300);
    CHECK(journal.last() - journal.first() + 1 >= 100);
    CHECK(journal.last() == 500);
    for (std::uint64_t n = journal.first(); n <= 500; ++n)
      CHECK(runtime_of(journal, n) == runtimes[n]);
    CHECK(!journal.find(journal.first() - 1)->has_value());
  }

  TEST_CASE("a long runtime of which little changes takes little room") {
    TempDir dir;
    Journal journal = opened(dir / "j.db");
    std::string text(150'000, 'p');
    for (std::size_t i = 0; i < 640; ++i) {
      text[i * 200] = 'q';
      append(journal, text);
    }
    CHECK(journal.database().bytes() < 3'000'000);  // 10 whole ones, not 640
  }

  TEST_CASE("settings and health are kept") {
    TempDir dir;
    {
      Journal journal = opened(dir / "j.db");
      CHECK(!journal.setting("key")->has_value());
      REQUIRE(journal.set("key", "one").ok());
      REQUIRE(journal.set("key", "two").ok());
      REQUIRE(journal.save_health({{"old", "10.0.0.1:80", "up", 5, 0}, {"new", "b", "down", 6, 1}})
                  .ok());
      REQUIRE(journal.save_health({{"old", "10.0.0.1:80", "down", 7, 3}}).ok());
      REQUIRE(journal.probe().ok());
    }
    Journal journal = opened(dir / "j.db");
    CHECK(*journal.setting("key") == "two");
    CHECK(*journal.health() == std::vector<EndpointHealth>{{"old", "10.0.0.1:80", "down", 7, 3}});
  }

  TEST_CASE("a full disk refuses the revision and its number is given to the next") {
    TempDir dir;
    Journal journal = opened(dir / "j.db");
    append(journal, "one");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 64 * 1024;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto refused = journal.append(revision(std::string(100'000, 'x')), kAll);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    REQUIRE(!refused.ok());
    CHECK(refused.error().kind == StoreError::Kind::kFailed);  // SQLite keeps the EFBIG to itself
    CHECK(journal.last() == 1);
    CHECK(append(journal, "two") == 2);
    CHECK(runtime_of(journal, 2) == "two");
  }

  // What opens after damage must be what some process once saw as committed.
  struct Written {
    std::string db, wal;
    std::vector<std::string> runtimes{""};  // by revision
  };
  Written written(TempDir & dir) {
    Written all;
    std::mt19937 random(11);
    {
      Journal journal = opened(dir / "j.db");
      std::string text = R"({"weights":{"ui":{"old":90,"new":10}}})";
      for (int i = 0; i < 80; ++i) {
        text = changed(text, random);
        all.runtimes.push_back(text);
        append(journal, text);
      }
    }  // the journal is merged
    Journal journal = opened(dir / "j.db");
    for (int i = 0; i < 20; ++i) {
      all.runtimes.push_back("after " + std::to_string(i) + all.runtimes.back());
      append(journal, all.runtimes.back());
    }
    all.db = read_file(dir / "j.db");
    all.wal = read_file(dir / "j.db-wal");
    return all;
  }

  // True when it opens; then it is checked against what was written.
  bool opens_right(const Written& all, const std::string& db, const std::string& wal) {
    TempDir dir;
    std::ofstream(dir / "k.db", std::ios::binary) << db;
    std::ofstream(dir / "k.db-wal", std::ios::binary) << wal;
    auto journal = try_open(dir / "k.db");
    if (!journal) {
      CHECK(!journal.error().sentence.empty());
      return false;
    }
    REQUIRE(journal->last() < all.runtimes.size());
    CHECK(journal->runtime() == all.runtimes[journal->last()]);
    for (std::uint64_t n = std::max<std::uint64_t>(1, journal->first()); n <= journal->last();
         ++n) {
      const auto found = journal->find(n);
      REQUIRE(found.ok());
      REQUIRE(found->has_value());
      CHECK((*found)->runtime == all.runtimes[n]);
      CHECK((*found)->name == "ada");
    }
    return true;
  }

  TEST_CASE("a torn file is refused or is a state that was once committed") {
    TempDir dir;
    const Written all = written(dir);
    REQUIRE(all.wal.size() > 20 * 4096);
    REQUIRE(opens_right(all, all.db, all.wal));
    int opened_again = 0;
    for (std::size_t at = 0; at < all.wal.size(); at += 1021) {
      CAPTURE(at);
      CHECK(opens_right(all, all.db, all.wal.substr(0, at)));  // the journal ends where it is torn
    }
    for (std::size_t at = 0; at < all.db.size(); at += 509) {
      CAPTURE(at);
      opened_again += opens_right(all, all.db.substr(0, at), "") ? 1 : 0;
      opened_again += opens_right(all, all.db.substr(0, at), all.wal) ? 1 : 0;
    }
    CAPTURE(opened_again);
  }

  TEST_CASE("a flipped bit is refused or changes nothing that was written") {
    TempDir dir;
    const Written all = written(dir);
    const auto seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
      std::string db = all.db, wal = all.wal;
      const bool in_wal = i % 3 == 0;
      std::string& bytes = in_wal ? wal : db;
      // The first hundred bytes are the header, which is small and matters most.
      const std::size_t at = random() % (i % 2 == 0 ? 100 : bytes.size());
      const auto bit = static_cast<unsigned>(random() % 8);
      CAPTURE(in_wal);
      CAPTURE(at);
      CAPTURE(bit);
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1u << bit));
      refused += opens_right(all, db, in_wal ? wal : "") ? 0 : 1;
    }
    CHECK(refused > 50);
  }
}

}  // namespace
}  // namespace segue::app
