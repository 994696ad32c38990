// file:/path
#include "conf/secret.h"

#include <doctest/doctest.h>

#include "tests/support/scratch.h"
namespace segue::conf {
namespace {

using segue::tests::Scratch;

TEST_SUITE("conf/secret") {
  TEST_CASE("a secret that names no file is its own text") {
    CHECK(*read_secret("s3cret") == "s3cret");
    CHECK(*read_secret("profile:/x") == "profile:/x");
  }

  TEST_CASE("a file's last line end is no part of the secret, all else is") {
    const Scratch unix_lines("a b \n"), windows("a\r\n"), bare("a"), two("a\n\n");
    CHECK(*read_secret("file:" + unix_lines.path()) == "a b ");
    CHECK(*read_secret("file:" + windows.path()) == "a");
    CHECK(*read_secret("file:" + bare.path()) == "a");
    CHECK(*read_secret("file:" + two.path()) == "a\n");
  }

  TEST_CASE("a file that is missing, empty or too large is refused without quoting it") {
    const Scratch empty("\n"), large(std::string(kSecretBytesMax + 1, 'x'));
    CHECK(read_secret("file:/nonexistent/secret").error() ==
          "/nonexistent/secret cannot be read: No such file or directory");
    CHECK(read_secret("file:" + empty.path()).error() == empty.path() + " is empty");
    CHECK(read_secret("file:" + large.path()).error() == large.path() + " is larger than 64KiB");
  }
}

}  // namespace
}  // namespace segue::conf
