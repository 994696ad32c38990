// What the browser holds and what each pool sees of it.
#include "proxy/cookies.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "lib/http/field.h"

namespace segue::proxy {
namespace {

const std::vector<std::string> kAll = {"*"};

std::string renamed(std::string_view value, std::string_view pool = "new",
                    const std::vector<std::string>& names = kAll) {
  std::string out;
  return rename_set_cookie(value, {pool, names}, out) ? out : "(as it is)";
}

/// Cookie fields as a pool sees them, joined by " | "; and as they are afterwards.
struct Shown {
  explicit Shown(std::vector<std::string> values, std::string_view pool = "new",
                 const std::vector<std::string>& names = kAll, std::string_view own = "segue_s")
      : sent(std::move(values)) {
    fields.push_back({"Host", "segue.old.X=1", http::FieldId::kHost});
    for (const std::string& value : sent)
      fields.push_back({"cookie", value, http::FieldId::kCookie});
    cookies.show(fields, own, {pool, names});
    seen = joined();
    cookies.undo();
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CHECK(fields[i + 1].value.data() == sent[i].data());
      CHECK(fields[i + 1].value == sent[i]);
      CHECK_FALSE(fields[i + 1].hop_by_hop);
    }
  }
  std::string joined() const {
    std::string all;
    for (const http::Field& field : fields) {
      if (field.id != http::FieldId::kCookie) {
        CHECK(field.value == "segue.old.X=1");
      } else if (!field.hop_by_hop) {
        all += (all.empty() ? "" : " | ") + std::string(field.value);
      }
    }
    return all;
  }

  std::vector<std::string> sent;
  std::vector<http::Field> fields;
  ShownCookies cookies;
  std::string seen;
};

std::string shown(std::vector<std::string> values, std::string_view pool = "new",
                  const std::vector<std::string>& names = kAll) {
  return Shown(std::move(values), pool, names).seen;
}

}  // namespace

TEST_SUITE("proxy/cookies") {
  TEST_CASE("a cookie that a pool sets gets the pool's name, and keeps all else") {
    CHECK(renamed("JSESSIONID=abc; Path=/; HttpOnly") ==
          "segue.new.JSESSIONID=abc; Path=/; HttpOnly");
    CHECK(renamed("a=", "old") == "segue.old.a=");
    CHECK(renamed("a=b=c; Domain=.ci.example; Expires=Thu, 01 Jan 1970 00:00:00 GMT") ==
          "segue.new.a=b=c; Domain=.ci.example; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(renamed("a=\"b;c\"") == "segue.new.a=\"b;c\"");
    CHECK(renamed("a =1") == "segue.new.a =1");
  }

  TEST_CASE("prefixes that browsers enforce stay in front") {
    CHECK(renamed("__Host-sid=1; Secure; Path=/") == "__Host-segue.new.sid=1; Secure; Path=/");
    CHECK(renamed("__Secure-sid=1") == "__Secure-segue.new.sid=1");
    CHECK(renamed("__secure-sid=1") == "__secure-segue.new.sid=1");
    CHECK(renamed("__Host-Http-sid=1") == "__Host-Http-segue.new.sid=1");
    CHECK(renamed("__Hostile=1") == "segue.new.__Hostile=1");
  }

  TEST_CASE("what has no name to change passes as it is") {
    for (const char* value :
         {"", ";", "=1", " = 1", "flag", "flag; Path=/", "; a=b", "__Host-=1", "__Host- a=1"})
      CHECK(renamed(value) == "(as it is)");
  }

  TEST_CASE("what only segue may set is recognised, however it is written") {
    for (const char* value : {"segue_s=x", "segue_s=", " segue_s =x; Path=/", "__Host-segue_s=x",
                              "=segue_s=x", "segue_s", "segue_s; Path=/", "segue.new.A=1",
                              "__Secure-segue.new.A=1", "=segue.new.A=1"}) {
      CAPTURE(value);
      CHECK(sets_ours(value, "segue_s"));
    }
    for (const char* value :
         {"a=segue_s", "segue_s2=x", "segue=x", "", "=", "x", "a=1; segue_s=2"}) {
      CAPTURE(value);
      CHECK_FALSE(sets_ours(value, "segue_s"));
    }
  }

  TEST_CASE("with a list of names only those are renamed") {
    const std::vector<std::string> names = {"JSESSIONID", "remember*", "__Host-sid"};
    CHECK(renamed("JSESSIONID=1", "new", names) == "segue.new.JSESSIONID=1");
    CHECK(renamed("remember-me=1", "new", names) == "segue.new.remember-me=1");
    CHECK(renamed("__Host-sid=1", "new", names) == "__Host-segue.new.sid=1");
    for (const char* value : {"JSESSIONID.2=1", "jsessionid=1", "xremember=1", "sid=1",
                              "__Host-sid2=1", "__Host-remember=1", "__Secure-sid=1"})
      CHECK(renamed(value, "new", names) == "(as it is)");
    CHECK(renamed("__Host-a=1", "new", {"__H*"}) == "__Host-segue.new.a=1");
    CHECK(renamed("__Host-a=1", "new", {"__Host-*"}) == "__Host-segue.new.a=1");
    CHECK(renamed("__Secure-a=1", "new", {"__Host-*"}) == "(as it is)");
    CHECK(renamed("a=1", "new", {}) == "(as it is)");
  }

  TEST_CASE("a pool gets back its own cookies and none of the others'") {
    CHECK(shown({"segue.old.S=1; segue.new.S=2; theme=dark"}) == "S=2; theme=dark");
    CHECK(shown({"segue.old.S=1; segue.new.S=2; theme=dark"}, "old") == "S=1; theme=dark");
    CHECK(shown({"__Host-segue.old.S=1; __Host-segue.new.S=2"}) == "__Host-S=2");
    CHECK(shown({"segue.gone.S=1; segue.new.a.b=2"}) == "a.b=2");
    CHECK(shown({"segue.old.S=1"}) == "");
  }

  TEST_CASE("a restored cookie takes the place of a plain one of its name, in whichever field") {
    CHECK(shown({"S=plain; segue.new.S=2"}) == "S=2");
    CHECK(shown({"segue.new.S=2; x=1; S=plain"}) == "S=2; x=1");
    CHECK(shown({"S=plain; x=1", "segue.new.S=2"}) == "x=1 | S=2");
    CHECK(shown({"S=plain", "segue.new.S=2"}) == "S=2");
    CHECK(shown({"__Host-S=plain; S=stays; __Host-segue.new.S=2"}) == "S=stays; __Host-S=2");
    CHECK(shown({"S=plain; segue.old.S=1"}) == "S=plain");
    // Two of one name, for two paths: both, in the browser's order.
    CHECK(shown({"segue.new.S=long; segue.new.S=short"}) == "S=long; S=short");
  }

  TEST_CASE("segue's own cookie never travels upstream") {
    CHECK(shown({"segue_s=x"}) == "");
    CHECK(shown({"a=1; segue_s=x; b=2; segue_s=y"}) == "a=1; b=2");
    CHECK(shown({"segue_s=x", "a=1"}) == "a=1");
    CHECK(shown({"a=1; segue_s=x; b=2"}, "new", {}) == "a=1; b=2");
    CHECK(shown({"segue_sx=1; xsegue_s=2; segue_s"}) == "segue_sx=1; xsegue_s=2; segue_s");
  }

  TEST_CASE("no name becomes another one by losing its mark") {
    CHECK(shown({"segue.new. segue_s=1; a=1"}) == "a=1");
    CHECK(shown({"segue.new.=1; a=1"}) == "a=1");
  }

  TEST_CASE("without isolation only the own cookie goes") {
    CHECK(shown({"segue.old.S=1; segue_s=1; segue.new.S=2"}, "new", {}) ==
          "segue.old.S=1; segue.new.S=2");
  }

  TEST_CASE("with a list of names others are neither restored nor passed on under the mark") {
    const std::vector<std::string> names = {"S"};
    CHECK(shown({"segue.new.S=1; segue.new.T=2; T=3"}, "new", names) == "S=1; T=3");
  }

  TEST_CASE("fields without anything to change keep every byte") {
    for (const char* value : {"a=1;b=2", " a=1 ;; b ", "=x", "segue.=1", "segue..x=1", "segue.x=1",
                              "a=\"1; b=2\"", "segue=1"})
      CHECK(shown({value}) == value);
    CHECK(shown({"a=1;b=2", "segue_s=x", "c=3;d=4"}) == "a=1;b=2 | c=3;d=4");
  }

  TEST_CASE("names of pools with dots are not mistaken for others") {
    CHECK(renamed("x=1", "ci.new") == "segue.ci~new.x=1");
    CHECK(shown({"segue.ci~new.x=1"}, "ci.new") == "x=1");
    CHECK(shown({"segue.ci~new.x=1"}, "ci") == "");
    CHECK(shown({"segue.ci.new.x=1"}, "ci") == "new.x=1");
    CHECK(shown({"segue.ci.new.x=1"}, "ci.new") == "");
    CHECK(shown({"segue.news.x=1; segue.ne.x=1"}) == "");
  }

  TEST_CASE("many cookies: all arrive, and values hold together") {
    std::string value, expected;
    for (int i = 0; i < 500; ++i) {
      const std::string n = std::to_string(i);
      value += ";segue.new.n" + n + "=" + n + ";a";
      expected += (i > 0 ? "; n" : "n") + n + "=" + n + "; a";
    }
    CHECK(shown({value, value}) == expected + " | " + expected);
  }

  TEST_CASE("restoring what was renamed gives what the pool set") {
    constexpr std::string_view kPieces[] = {"a",     "B",  "segue.",  "segue.new.", "segue.old.",
                                            ".",     "__", "__Host-", "__Secure-",  "__Http-",
                                            "~",     "-",  "_",       "=",          "%20",
                                            "\"q\"", "x y"};
    constexpr std::string_view kPools[] = {"new", "old", "n", "ci.new", "a_b-c.d", "segue"};
    Rng rng(20260802);
    for (int i = 0; i < 20'000; ++i) {
      std::string pair;
      for (std::size_t n = 1 + rng.below(4); n > 0; --n)
        pair += kPieces[rng.below(std::size(kPieces))];
      pair += "=v" + std::to_string(i);
      const std::string_view pool = kPools[rng.below(std::size(kPools))];
      const std::string out = renamed(pair + "; Path=/", pool);
      if (out == "(as it is)") continue;
      CAPTURE(pair);
      CAPTURE(pool);
      CHECK(shown({out.substr(0, out.find(';'))}, pool) == pair);
      for (const std::string_view other : kPools) {
        if (other != pool) CHECK(shown({out.substr(0, out.find(';'))}, other) == "");
      }
    }
  }

  TEST_CASE("a field that takes its cookie away is known as one") {
    for (const char* value :
         {"a=", "a=; Path=/", "a=\"\"", "a=x; Max-Age=0", "a=x; max-age=-1; Path=/",
          "a=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
          "a=x; expires=Mon, 19-Jan-1970 00:00:10 GMT",
          "a=deleted; Max-Age=0; Expires=Thu, 01 Jan 2099 00:00:00 GMT"}) {
      CAPTURE(value);
      CHECK(is_removal(value));
    }
    for (const char* value : {"a=x", "a=0", "a=x; Max-Age=60",
                              "a=x; Max-Age=", "a=x; Expires=Tue, 19 Jan 2038 03:14:07 GMT",
                              "a=x; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=1970"}) {
      CAPTURE(value);
      CHECK_FALSE(is_removal(value));
    }
    const std::vector<http::Field> fields = {{"Cookie", "b=1; a=2", http::FieldId::kCookie}};
    CHECK(was_sent_plain("a=; Max-Age=0", fields));
    CHECK_FALSE(was_sent_plain("c=; Max-Age=0", fields));
  }
}

}  // namespace segue::proxy
