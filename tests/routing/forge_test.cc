// Who sent a webhook, and what its head says.
#include "routing/forge.h"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/http/field.h"
#include "routing/body_scan.h"

namespace segue::routing {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Sent {
  explicit Sent(Fields given) : texts(std::move(given)) {
    for (const auto& [name, value] : texts) fields.push_back({name, value, http::field_id(name)});
    head.fields = fields;
  }
  Sent(const Sent&) = delete;
  Fields texts;
  std::vector<http::Field> fields;
  http::Head head;
};

std::string said(Fields fields) {
  const Sent sent(std::move(fields));
  const Delivery delivery = delivery_of(sent.head);
  return std::string(to_string(delivery.forge)) + "|" + std::string(delivery.id) + "|" +
         std::string(delivery.event);
}

TEST_SUITE("routing/forge") {
  TEST_CASE("every forge is known by its headers") {
    CHECK(said({{"Host", "ci"}, {"X-GitHub-Event", "push"}, {"X-GitHub-Delivery", "72d3162e"}}) ==
          "github|72d3162e|push");
    CHECK(said({{"x-github-event", "ping"}}) == "github||ping");
    CHECK(said({{"X-Gitlab-Event", "Push Hook"}, {"X-Gitlab-Event-UUID", "u"}}) ==
          "gitlab|u|Push Hook");
    CHECK(said({{"X-Gitlab-Event-UUID", "u"},
                {"Idempotency-Key", "i"},
                {"X-Gitlab-Event", "Push Hook"}}) == "gitlab|i|Push Hook");
    CHECK(said({{"X-Event-Key", "repo:push"},
                {"X-Hook-UUID", "h"},
                {"X-Request-UUID", "r"},
                {"X-Attempt-Number", "1"}}) == "bitbucket|r|repo:push");
    CHECK(said({{"X-Event-Key", "pr:opened"}, {"X-Request-Id", "r"}}) ==
          "bitbucket_dc|r|pr:opened");
    CHECK(said({{"X-Gogs-Event", "push"}, {"X-Gogs-Delivery", "d"}}) == "gogs|d|push");
    CHECK(said({{"X-Forgejo-Event", "push"}, {"X-Forgejo-Delivery", "d"}}) == "gitea|d|push");
  }

  TEST_CASE("who sends another forge's headers as well is not taken for it") {
    const Fields github{{"X-GitHub-Delivery", "d"}, {"X-GitHub-Event", "push"}};
    Fields gogs = github;
    gogs.insert(gogs.end(), {{"X-Gogs-Delivery", "d"}, {"X-Gogs-Event", "push"}});
    CHECK(said(gogs) == "gogs|d|push");
    Fields gitea = gogs;
    gitea.insert(gitea.begin(), {{"X-Gitea-Delivery", "d"}, {"X-Gitea-Event", "push"}});
    CHECK(said(gitea) == "gitea|d|push");
    Fields forgejo = gitea;
    forgejo.insert(forgejo.end(), {{"X-Forgejo-Delivery", "d"}, {"X-Forgejo-Event", "push"}});
    CHECK(said(forgejo) == "gitea|d|push");
  }

  TEST_CASE("other headers are nobody's") {
    CHECK(said({}) == "||");
    CHECK(said({{"X-Request-Id", "r"}, {"X-Request-UUID", "u"}, {"Idempotency-Key", "i"}}) == "||");
    CHECK(said({{"X-GitHubber", "x"}, {"X-G", "x"}, {"X-Event-Keys", "x"}, {"x", "y"}}) == "||");
  }

  TEST_CASE("JSON and forms are read, other bodies and compressed ones are not") {
    const auto form = [](Fields fields) {
      const Sent sent(std::move(fields));
      return body_form(sent.head);
    };
    for (const char* type : {"application/json", "Application/JSON; charset=utf-8",
                             "application/vnd.github+json", "application/cloudevents+json ;x=y"})
      CHECK(form({{"content-type", type}}) == BodyForm::kJson);
    CHECK(form({{"Content-Type", "application/x-www-form-urlencoded;charset=utf-8"}}) ==
          BodyForm::kFormPayload);
    for (const char* type :
         {"", "text/plain", "application/jsonl", "multipart/form-data; boundary=x",
          "application/octet-stream", "+json"})
      CHECK(form({{"Content-Type", type}}) == BodyForm::kOpaque);
    CHECK(form({}) == BodyForm::kOpaque);
    CHECK(form({{"Content-Encoding", "gzip"}, {"Content-Type", "application/json"}}) ==
          BodyForm::kOpaque);
    CHECK(form({{"Content-Type", "application/json"}, {"Content-Encoding", "identity"}}) ==
          BodyForm::kJson);
  }
}

}  // namespace
}  // namespace segue::routing
