// A folder belongs to one process at a time, and to nobody who could exchange its files.
#include "lib/store/folder.h"

#include <filesystem>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace segue::store {
namespace {

using Kind = StoreError::Kind;

TEST_SUITE("lib/store/folder") {
  TEST_CASE("it is made for its owner alone") {
    tests::TempDir dir;
    const mode_t before = ::umask(0);
    const auto folder = Folder::take(dir / "state");
    ::umask(before);
    REQUIRE(folder.ok());
    struct stat info {};
    REQUIRE(::stat((dir / "state").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
    CHECK(Folder::take(dir / "no/such").error().kind == Kind::kUnwritable);
  }

  TEST_CASE("it is taken by one, who is named") {
    tests::TempDir dir;
    {
      const auto first = Folder::take(dir / "state");
      REQUIRE(first.ok());
      const auto second = Folder::take(dir / "state");
      REQUIRE(!second.ok());
      CHECK(second.error().kind == Kind::kTaken);
      CHECK(second.error().sentence.find("process " + std::to_string(::getpid())) !=
            std::string::npos);
    }
    CHECK(Folder::take(dir / "state").ok());
  }

  TEST_CASE("it is free when its owner was killed") {
    tests::TempDir dir;
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto mine = Folder::take(dir / "state");
      static_cast<void>(::write(pipe[1], mine.ok() ? "+" : "-", 1) == 1);
      ::pause();
      ::_exit(0);
    }
    char taken = 0;
    REQUIRE(::read(pipe[0], &taken, 1) == 1);
    CHECK(taken == '+');
    CHECK(!Folder::take(dir / "state").ok());
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(Folder::take(dir / "state").ok());
    ::close(pipe[0]);
    ::close(pipe[1]);
  }

  TEST_CASE("a folder that others may write to proves nothing") {
    tests::TempDir dir;
    REQUIRE(::mkdir((dir / "open").c_str(), 0700) == 0);
    REQUIRE(::chmod((dir / "open").c_str(), 0770) == 0);
    const auto folder = Folder::take(dir / "open");
    REQUIRE(!folder.ok());
    CHECK(folder.error().kind == Kind::kUnwritable);
    CHECK(folder.error().sentence.find("chmod go-w") != std::string::npos);
  }

  TEST_CASE("links on the way are the administrator's, a link as lock is not") {
    tests::TempDir dir;
    std::filesystem::create_directory(dir / "private");
    ::chmod((dir / "private").c_str(), 0700);
    std::filesystem::create_symlink(dir / "private", dir / "state");
    {
      const auto folder = Folder::take(dir / "state");
      REQUIRE(folder.ok());
      CHECK(folder->path() == dir / "private");
    }
    std::filesystem::remove(dir / "private/segue.lock");
    std::filesystem::create_symlink(dir / "elsewhere", dir / "private/segue.lock");
    CHECK(Folder::take(dir / "state").error().kind == Kind::kUnwritable);
  }
}

}  // namespace
}  // namespace segue::store
