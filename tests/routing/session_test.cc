// Who carries which entry, and that nobody can make one.
#include "routing/session.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "lib/http/field.h"

namespace segue::routing {
namespace {

const HashKey kKey = session_key("a secret");

/// Cookie fields with these values.
std::vector<http::Field> cookies(const std::vector<std::string>& values) {
  std::vector<http::Field> fields = {{"Host", "ci", http::FieldId::kHost}};
  for (const std::string& value : values)
    fields.push_back({"Cookie", value, http::FieldId::kCookie});
  return fields;
}

std::string made(const Session& session, const std::vector<std::string>& came = {}) {
  return std::string(SessionValue(session, cookies(came), "segue_s", kKey).text());
}

std::optional<Session> found(const std::vector<std::string>& values, std::uint32_t group = 7,
                             const HashKey& key = kKey) {
  return find_session(cookies(values), "segue_s", group, key);
}

const Session kSession{7, 0xdeadbeef, 3, 0x0123456789abcdef};

}  // namespace

TEST_SUITE("routing/session") {
  TEST_CASE("what was made is found again, wherever the cookie stands") {
    const std::string value = made(kSession);
    CHECK(value.size() == SessionValue::kEntryChars);
    for (const std::vector<std::string>& sent : std::vector<std::vector<std::string>>{
             {"segue_s=" + value},
             {"a=b; segue_s=" + value + "; c=d"},
             {"a=b", "c=d;segue_s=" + value},
             {" segue_s = " + value + " "},
         }) {
      CAPTURE(sent.front());
      CHECK(found(sent) == kSession);
    }
    CHECK_FALSE(found({"segue_x=" + value}));
    CHECK_FALSE(found({"segue_s"}));
    CHECK_FALSE(found({}));
  }

  TEST_CASE("the wire form does not change: old cookies must hold after an upgrade") {
    CHECK(made(kSession) == "BwAAAO--rd4DAAAA782riWdFIwGG429LoUghKw");
  }

  TEST_CASE("an entry is of its group alone") {
    CHECK_FALSE(found({"segue_s=" + made(kSession)}, 8));
  }

  TEST_CASE("a cookie with one changed, missing or added character is as if absent") {
    const std::string value = made(kSession);
    for (std::size_t i = 0; i < value.size(); ++i) {
      for (const char c : std::string("A_-z9.+/=\x80")) {
        if (c == value[i]) continue;
        std::string forged = value;
        forged[i] = c;
        CAPTURE(forged);
        CHECK_FALSE(found({"segue_s=" + forged}));
      }
      CHECK_FALSE(found({"segue_s=" + value.substr(0, i)}));
    }
    CHECK_FALSE(found({"segue_s=" + value + "A"}));
    CHECK_FALSE(found({"segue_s=\"" + value + "\""}));
  }

  TEST_CASE("an entry that another secret signed is as if absent") {
    CHECK_FALSE(found({"segue_s=" + made(kSession)}, 7, session_key("another secret")));
    CHECK_FALSE(found({"segue_s=" + made(kSession)}, 7, session_key("")));
  }

  TEST_CASE("of several the first valid one counts, so that a stray cookie moves nobody") {
    const Session other{7, 1, 3, 99};
    const std::string forged = "AAAA" + made(kSession).substr(4);
    CHECK(found({"segue_s=" + forged + "; segue_s=" + made(kSession) +
                 "; segue_s=" + made(other)}) == kSession);
    CHECK(found({"segue_s=garbage", "segue_s=" + made(other)}) == other);
    CHECK(found({"segue_s=" + forged + "." + made(kSession)}) == kSession);
  }

  TEST_CASE("a new entry replaces its group's and keeps the valid ones of others") {
    const Session a{1, 10, 1, 100}, b{2, 20, 1, 200}, moved{1, 11, 2, 100};
    const std::string both = made(b, {"segue_s=" + made(a)});
    CHECK(both == made(b) + "." + made(a));
    const std::string forged = "AAAA" + made(kSession).substr(4);
    const std::string next = made(moved, {"x=y; segue_s=" + both + "." + forged});
    CHECK(next == made(moved) + "." + made(b));
    CHECK(found({"segue_s=" + next}, 1) == moved);
    CHECK(found({"segue_s=" + next}, 2) == b);
  }

  TEST_CASE("entries of more groups than a cookie holds: the oldest is forgotten") {
    std::string value;
    constexpr std::uint32_t kGroups = SessionValue::kEntriesMax + 3;
    for (std::uint32_t group = 1; group <= kGroups; ++group)
      value = made({group, group, 0, group}, {"segue_s=" + value});
    CHECK(value.size() == SessionValue::kCharsMax);
    for (std::uint32_t group = 1; group <= kGroups; ++group)
      CHECK(found({"segue_s=" + value}, group).has_value() == (group > 3));
  }

  TEST_CASE("any session survives the way, and any other bytes are no session") {
    Rng rng(20260801);
    for (int i = 0; i < 2000; ++i) {
      const Session session{static_cast<std::uint32_t>(rng.next()),
                            static_cast<std::uint32_t>(rng.next()),
                            static_cast<std::uint32_t>(rng.next()), rng.next()};
      CHECK(found({"segue_s=" + made(session)}, session.group) == session);
      std::string noise;
      for (std::size_t n = 0; n < SessionValue::kEntryChars; ++n)
        noise += static_cast<char>(rng.below(256));
      CHECK_FALSE(found({"segue_s=" + noise}, 0));
    }
  }
}

}  // namespace segue::routing
