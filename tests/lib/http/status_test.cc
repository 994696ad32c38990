// Statuses and the pages of our own answers.
#include "lib/http/status.h"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace segue::http {
namespace {

constexpr int kFaults = static_cast<int>(Fault::kTlsFailed) + 1;

}  // namespace

TEST_SUITE("lib/http/status") {
  TEST_CASE("every fault has a sentence, a word, and a status with a phrase or none at all") {
    for (int i = 0; i < kFaults; ++i) {
      const auto fault = static_cast<Fault>(i);
      CAPTURE(to_string(fault));
      CHECK(std::string_view(to_string(fault)) != "unknown");
      CHECK_FALSE(explain(fault).empty());
      for (const Side side : {Side::kClient, Side::kUpstream, Side::kSelf}) {
        const std::uint16_t status = status_for({fault, side});
        if (status == 0) continue;
        CHECK(status >= 400);
        CHECK_FALSE(reason_phrase(status).empty());
        if (side == Side::kUpstream && fault != Fault::kNoRoute)
          CHECK((status < 400 || status >= 404));
      }
    }
  }

  TEST_CASE("what an upstream does wrong is never the client's fault") {
    for (const Fault fault : {Fault::kBadMessage, Fault::kHeadTooLarge, Fault::kVersion,
                              Fault::kClosedEarly, Fault::kReset, Fault::kConnectFailed})
      CHECK(status_for({fault, Side::kUpstream}) == 502);
    for (const Fault fault :
         {Fault::kConnectTimeout, Fault::kFirstByteTimeout, Fault::kStreamTimeout})
      CHECK(status_for({fault, Side::kUpstream}) == 504);
    CHECK(status_for({Fault::kReset, Side::kClient}) == 0);
    CHECK(status_for({Fault::kBadMessage, Side::kClient}) == 400);
    CHECK(status_for({Fault::kHeadTooLarge, Side::kClient}) == 431);
  }

  TEST_CASE("the page is of the first kind that Accept names and we have") {
    CHECK(page_for("") == Page::kText);
    CHECK(page_for("*/*") == Page::kText);
    CHECK(page_for("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8") == Page::kHtml);
    CHECK(page_for("image/png, Application/JSON; charset=utf-8, text/html") == Page::kJson);
    CHECK(page_for("application/problem+json") == Page::kJson);
    CHECK(page_for("text/htmlx") == Page::kText);
  }

  TEST_CASE("a JSON page is a problem of RFC 9457") {
    for (int i = 0; i < kFaults; ++i) {
      const auto fault = static_cast<Fault>(i);
      const auto page = nlohmann::json::parse(error_page(Page::kJson, 503, {fault}, "id-1"));
      CHECK(page["status"] == 503);
      CHECK(page["title"] == "Service Unavailable");
      CHECK(page["detail"] == std::string(explain(fault)));
      CHECK(page["reason"] == to_string(fault));
      CHECK(page["request_id"] == "id-1");
    }
    CHECK_FALSE(nlohmann::json::parse(error_page(Page::kJson, 503, {Fault::kNoEndpoint}, {}))
                    .contains("request_id"));
  }

  TEST_CASE("an HTML page shows a request id as text, whatever is in it") {
    const std::string page = error_page(Page::kHtml, 502, {Fault::kReset}, "<script>&");
    CHECK(page.find("<script>") == std::string::npos);
    CHECK(page.find("&lt;script&gt;&amp;") != std::string::npos);
  }

  TEST_CASE("a text page has the status, the sentence and the id") {
    CHECK(error_page(Page::kText, 404, {Fault::kNoRoute}, "7") ==
          "404 Not Found\nNo route matches this request.\nRequest: 7\n");
  }
}

}  // namespace segue::http
