// The state as the control thread sees it: what is told is on the disk, what fails is told, and it
// recovers.
#include "app/state_desk.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/support/run_until.h"
#include "tests/support/temp_dir.h"

// labels: threads
namespace segue::app {
namespace {

using tests::TempDir;

struct World {
  net::Loop loop;
  telemetry::EventLog events;
  StateDesk desk{loop, events};
  std::vector<std::string> recovered;  // the runtimes

  explicit World(const std::string& dir, conf::State settings = {}) {
    settings.dir = dir;
    const auto opened = desk.open(settings);
    REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error()));
  }
  void start() {
    desk.start([this](const std::string& runtime) { recovered.push_back(runtime); });
  }
  // 0 when it was refused.
  std::uint64_t append(const std::string& runtime) {
    std::optional<std::uint64_t> number;
    Revision revision;
    revision.what = "a change";
    revision.runtime = runtime;
    desk.append(revision, [&](const Result<std::uint64_t, StateDesk::Error>& told) {
      number = told ? *told : 0;
    });
    tests::run_until(loop, [&] { return number.has_value(); });
    return *number;
  }
  std::size_t count(const std::string& name) const {
    std::size_t n = 0;
    for (const telemetry::Event& event : events.recent()) n += event.name == name ? 1 : 0;
    return n;
  }
  template <typename T>
  static std::function<void(Result<T, StateDesk::Error>)> into(std::optional<T>& out) {
    return [&out](const Result<T, StateDesk::Error>& told) {
      REQUIRE(told.ok());
      out = *told;
    };
  }
};

/// No file of this process may grow beyond a few pages.
class Full {
 public:
  Full() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before_;
    small.rlim_cur = 4096;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~Full() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST_SUITE("app/state_desk") {
  TEST_CASE("what was told to be kept is there after a restart") {
    TempDir dir;
    {
      World world(dir / "state");
      CHECK(world.desk.runtime().empty());
      world.start();
      CHECK(world.append("one") == 1);
      CHECK(world.append("two") == 2);
      CHECK(world.desk.report().last == 2);
      CHECK(world.desk.report().bytes > 0);
    }
    World world(dir / "state");
    CHECK(world.desk.runtime() == "two");
    world.start();
    std::optional<std::vector<Revision>> list;
    world.desk.list(0, 10, World::into(list));
    std::optional<std::optional<Revision>> first;
    world.desk.find(1, World::into(first));
    tests::run_until(world.loop, [&] { return list && first; });
    CHECK(list->size() == 2);
    CHECK((*first)->runtime == "one");
  }

  TEST_CASE("in memory there is a history until the end") {
    TempDir dir;
    {
      World world("");
      world.start();
      CHECK(world.append("one") == 1);
      CHECK(world.desk.writable());
      CHECK(world.desk.report().dir.empty());
      std::optional<std::string> image;
      world.desk.image(World::into(image));
      tests::run_until(world.loop, [&] { return image.has_value(); });
      std::ofstream(dir / "image.db", std::ios::binary) << *image;
    }
    auto database = store::Database::open(dir / "image.db", Journal::schema());
    REQUIRE(database.ok());
    CHECK(Journal::open(std::move(database).value()).value().runtime() == "one");
  }

  TEST_CASE("a second process is refused at start") {
    TempDir dir;
    World world(dir / "state");
    telemetry::EventLog events;
    StateDesk second(world.loop, events);
    conf::State settings;
    settings.dir = dir / "state";
    const auto opened = second.open(settings);
    REQUIRE(!opened.ok());
    CHECK(opened.error().find("in use by another segue") != std::string::npos);
  }

  TEST_CASE("a full disk refuses, says so once, and is recovered from without help") {
    TempDir dir;
    World world(dir / "state");
    world.start();
    CHECK(world.append("one") == 1);
    {
      const Full full;
      CHECK(world.append(std::string(100'000, 'x')) == 0);
      CHECK(world.append(std::string(100'000, 'y')) == 0);
      CHECK(!world.desk.writable());
      CHECK(world.count("state.failed") == 1);
    }
    tests::run_until(world.loop, [&] { return world.desk.writable(); });
    CHECK(world.recovered == std::vector<std::string>{"one"});
    CHECK(world.count("state.recovered") == 1);
    CHECK(world.append("two") == 2);
  }

  TEST_CASE("a damaged journal stays where it is, and is left for a repaired one") {
    TempDir dir;
    {
      World world(dir / "state");
      world.start();
      world.append("good");
    }
    const std::string file = dir / "state/segue.db", good = tests::read_file(file);
    std::string bad = good;
    for (std::size_t i = 4096; i < bad.size(); i += 7) bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(file, std::ios::binary) << bad;
    World world(dir / "state");
    CHECK(world.desk.runtime().empty());
    CHECK(!world.desk.writable());
    CHECK(world.count("state.failed") == 1);
    world.start();
    CHECK(world.append("one") == 0);
    CHECK(tests::read_file(file) == bad);
    std::ofstream(file, std::ios::binary) << good;
    tests::run_until(world.loop, [&] { return world.desk.writable(); });
    CHECK(world.recovered == std::vector<std::string>{"good"});
    CHECK(world.append("one") == 2);
  }

  TEST_CASE("what is not understood is not written over") {
    TempDir dir;
    {
      World world(dir / "state");
      world.start();
      world.append("of the future");
    }
    {
      World world(dir / "state");
      world.desk.distrust("written by a newer segue");
      CHECK(world.desk.runtime().empty());
      world.start();
      CHECK(world.append("mine") == 0);
      CHECK(world.desk.report().problem == "written by a newer segue");
    }
    World world(dir / "state");
    CHECK(world.desk.runtime() == "of the future");
  }

  TEST_CASE("a secret is made once") {
    TempDir dir;
    {
      World world(dir / "state");
      CHECK(world.desk.secret("sessions", "first") == "first");
      CHECK(world.desk.secret("sessions", "second") == "first");
      CHECK(world.desk.secret("other", "third") == "third");
    }
    World world(dir / "state");
    CHECK(world.desk.secret("sessions", "fourth") == "first");
  }

  TEST_CASE("health is kept") {
    TempDir dir;
    {
      World world(dir / "state");
      world.start();
      world.desk.save_health({{"old", "a:1", "down", 5, 2}});
    }  // what was given is written before the end
    World world(dir / "state");
    CHECK(world.desk.health() == std::vector<EndpointHealth>{{"old", "a:1", "down", 5, 2}});
  }

  TEST_CASE("backups are written when they are due, and the oldest go") {
    TempDir dir;
    conf::State settings;
    settings.backup = std::chrono::milliseconds(1000);
    settings.backup_keep = 1;
    World world(dir / "state", settings);
    const std::string folder = dir / "state/backups";
    world.start();
    CHECK(world.append("one") == 1);
    tests::run_until(world.loop, [&] { return world.count("backup.written") >= 2; });
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      files.push_back(entry.path());
    REQUIRE(files.size() == 1);
    auto database = store::Database::open(files[0], Journal::schema());
    REQUIRE(database.ok());
    CHECK(Journal::open(std::move(database).value()).value().runtime() == "one");
    CHECK(world.desk.report().backup_last_ms > 0);
  }

  TEST_CASE("a backup that fails is told and tried again, and nothing else suffers") {
    TempDir dir;
    conf::State settings;
    settings.backup = std::chrono::milliseconds(1);
    settings.backup_dir = dir / "file";
    std::ofstream(dir / "file") << "not a folder";
    World world(dir / "state", settings);
    world.start();
    tests::run_until(world.loop, [&] { return world.count("backup.failed") >= 2; });
    CHECK(!world.desk.report().backup_problem.empty());
    CHECK(world.append("one") == 1);
    CHECK(world.desk.writable());
  }
}

}  // namespace
}  // namespace segue::app
