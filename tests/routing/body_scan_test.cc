// Keys out of bodies: lists of sources, forms, ids and names.
#include "routing/body_scan.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace segue::routing {
namespace {

using Source = BodyQuery::Source;
using Kind = Source::Kind;
using State = BodyScan::State;

struct Found {
  std::size_t source = BodyKey::kNone;
  std::string text, alias;
  bool operator==(const Found&) const = default;
};

struct Question {
  std::vector<Source> sources;
  Forge forge = Forge::kNone;
  BodyForm form = BodyForm::kJson;
  std::size_t count = 99;  // of the sources
};

Found read(BodyScan& scan, const Question& question, std::string_view body, std::size_t piece) {
  const BodyQuery query(question.sources);
  scan.begin(query, std::min(question.count, question.sources.size()), question.form,
             question.forge);
  for (std::size_t i = 0; i < body.size(); i += piece) {
    const std::string copy(body.substr(i, piece));
    scan.feed(copy);
  }
  scan.end();
  const BodyKey key = scan.key();
  return {key.source, std::string(key.text), std::string(key.alias)};
}

Found found(const Question& question, std::string_view body) {
  BodyScan scan;
  const Found whole = read(scan, question, body, body.size() + 1);
  for (const std::size_t piece : {1, 2, 5}) CHECK(read(scan, question, body, piece) == whole);
  return whole;
}

std::string as_form(std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      out += c;
    } else {
      ((out += '%') += kHex[byte / 16]) += kHex[byte % 16];
    }
  }
  return out;
}

constexpr std::string_view kPush =
    R"({"ref":"x","repository":{"id":7,"name":"App","full_name":"Org/App"},"sender":{"id":9}})";

TEST_SUITE("routing/body_scan") {
  TEST_CASE("pointers give the value as it is, the first of the list first") {
    const Question question{{{Kind::kPointer, "/nothing"}, {Kind::kPointer, "/repository/id"}}};
    CHECK(found(question, kPush) == Found{1, "7", ""});
    CHECK(found(question, R"({"nothing":"x","repository":{"id":7}})") == Found{0, "x", ""});
    CHECK(found(question, R"({"x":1})") == Found{});
    CHECK(found(question, "no JSON") == Found{});
  }

  TEST_CASE("a repository is its id with the forge before it, and its name beside") {
    const std::vector<Source> id{{Kind::kRepositoryById, ""}};
    CHECK(found({id, Forge::kGitHub}, kPush) == Found{0, "github:7", "Org/App"});
    CHECK(found({id, Forge::kGitea}, kPush) == Found{0, "gitea:7", "Org/App"});
    CHECK(found({id, Forge::kNone}, kPush) == Found{0, "Org/App", ""});
    CHECK(found({id, Forge::kGitHub}, R"({"repository":{"full_name":"a/b"}})") ==
          Found{0, "a/b", ""});
    CHECK(found({id, Forge::kGitHub}, R"({"repository":{"id":7}})") == Found{0, "github:7", ""});
  }

  TEST_CASE("or its name, and its id where there is no name") {
    const std::vector<Source> name{{Kind::kRepositoryByName, ""}};
    CHECK(found({name, Forge::kGitHub}, kPush) == Found{0, "Org/App", ""});
    CHECK(found({name, Forge::kGitLab}, R"({"project_id":380,"project_name":"x"})") ==
          Found{0, "gitlab:380", ""});
  }

  TEST_CASE("a repository and pointers in one list") {
    const Question question{
        {{Kind::kPointer, "/job"}, {Kind::kRepositoryById, ""}, {Kind::kPointer, "/repository/id"}},
        Forge::kGitHub};
    CHECK(found(question, kPush) == Found{1, "github:7", "Org/App"});
    CHECK(found(question, R"({"repository":{"id":7},"job":"x"})") == Found{0, "x", ""});
    Question first = question;
    first.sources.erase(first.sources.begin() + 1);
    CHECK(found(first, kPush) == Found{1, "7", ""});
  }

  TEST_CASE("sources behind the one that is known already are left out") {
    Question question{{{Kind::kPointer, "/a"}, {Kind::kPointer, "/b"}}};
    question.count = 1;
    CHECK(found(question, R"({"b":1})") == Found{});
    CHECK(found(question, R"({"b":1,"a":2})") == Found{0, "2", ""});
  }

  TEST_CASE("JSON within a form is found as well") {
    Question question{{{Kind::kRepositoryById, ""}}, Forge::kGitHub, BodyForm::kFormPayload};
    CHECK(found(question, "payload=" + as_form(kPush)) == Found{0, "github:7", "Org/App"});
    CHECK(found(question, "a=1&payload=" + as_form(kPush) + "&b=2") ==
          Found{0, "github:7", "Org/App"});
    CHECK(found(question, "other=" + as_form(kPush)) == Found{});
    CHECK(found(question, kPush) == Found{});
    question.form = BodyForm::kJson;
    CHECK(found(question, "payload=" + as_form(kPush)) == Found{});
  }

  TEST_CASE("reading ends as soon as key and name are known") {
    const std::vector<Source> sources{{Kind::kRepositoryById, ""}};
    const BodyQuery query(sources);
    const std::string_view name = "\"full_name\":\"Org/App\"";
    const std::size_t end = kPush.find(name) + name.size();
    BodyScan scan;
    for (const BodyForm form : {BodyForm::kJson, BodyForm::kFormPayload}) {
      const bool json = form == BodyForm::kJson;
      const std::string body =
          json ? std::string(kPush.substr(0, end)) : "payload=" + as_form(kPush.substr(0, end));
      const std::size_t last = json ? 1 : 3;
      scan.begin(query, 1, form, Forge::kGitHub);
      CHECK(scan.feed(Bytes(body).first(body.size() - last)) == State::kMore);
      CHECK(scan.feed(Bytes(body).last(last)) == State::kDone);
      CHECK(scan.key().text == "github:7");
    }
    // The end of the field is the end of its JSON.
    scan.begin(query, 1, BodyForm::kFormPayload, Forge::kGitHub);
    CHECK(scan.feed(std::string_view("payload=%7B&")) == State::kDone);
    CHECK(!scan.key());
  }
}

}  // namespace
}  // namespace segue::routing
