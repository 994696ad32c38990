#include "admin/socket_file.h"

#include <doctest/doctest.h>

#include "tests/admin/test_server.h"

using namespace segue::admin;
using segue::tests::TempDir;

namespace {

std::uint32_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

}  // namespace

TEST_SUITE("admin/socket_file") {
  TEST_CASE("the file has the configured mode whatever the umask, and goes with its owner") {
    const segue::tests::TempDir folder;
    const mode_t before = umask(0077);
    for (const std::uint32_t mode : {0600u, 0660u, 0666u}) {
      auto file = SocketFile::bind(folder / "a.sock", mode);
      REQUIRE(file.ok());
      CHECK(mode_of(folder / "a.sock") == mode);
    }
    umask(before);
    CHECK_FALSE(exists(folder / "a.sock"));
  }

  TEST_CASE("the file of a dead process is replaced") {
    const segue::tests::TempDir folder;
    {
      auto file = SocketFile::bind(folder / "a.sock", 0600);
      REQUIRE(file.ok());
      REQUIRE(link((folder / "a.sock").c_str(), (folder / "kept").c_str()) == 0);
    }
    REQUIRE(rename((folder / "kept").c_str(), (folder / "a.sock").c_str()) ==
            0);  // as after kill -9
    auto again = SocketFile::bind(folder / "a.sock", 0600);
    CHECK(again.ok());
  }

  TEST_CASE("a live process keeps its file, and the refusal names it") {
    const segue::tests::TempDir folder;
    auto first = SocketFile::bind(folder / "a.sock", 0600);
    REQUIRE(first.ok());
    const int fd = first->release();
    REQUIRE(listen(fd, 1) == 0);
    const auto second = SocketFile::bind(folder / "a.sock", 0600);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().find("in use: process " + std::to_string(getpid())) != std::string::npos);
    CHECK(exists(folder / "a.sock"));
    close(fd);
  }

  TEST_CASE("what is no socket is left alone") {
    const segue::tests::TempDir folder;
    close(open((folder / "precious").c_str(), O_CREAT | O_WRONLY, 0600));
    const auto file = SocketFile::bind(folder / "precious", 0600);
    REQUIRE_FALSE(file.ok());
    CHECK(file.error().find("is not a socket") != std::string::npos);
    CHECK(exists(folder / "precious"));
  }

  TEST_CASE("a successor's file outlives its predecessor") {
    const segue::tests::TempDir folder;
    auto first = SocketFile::bind(folder / "a.sock", 0600);
    REQUIRE(first.ok());  // does not listen, so it counts as dead
    auto second = SocketFile::bind(folder / "a.sock", 0600);
    REQUIRE(second.ok());
    { SocketFile gone = std::move(*first); }
    CHECK(exists(folder / "a.sock"));
  }

  TEST_CASE("the last folder is made, a path that cannot be is refused with a sentence") {
    const segue::tests::TempDir folder;
    CHECK(SocketFile::bind(folder / "run/a.sock", 0600).ok());
    CHECK_FALSE(SocketFile::bind(folder / "no/such/a.sock", 0600).ok());
    CHECK_FALSE(SocketFile::bind("", 0600).ok());
    const auto longer = SocketFile::bind(folder / std::string(120, 'a'), 0600);
    REQUIRE_FALSE(longer.ok());
    CHECK(longer.error().find("expected 1…107") != std::string::npos);
  }
}
