// Where each server says that it can work, and what it says while it starts.
#include "conf/presets.h"

#include <algorithm>
#include <iterator>

#include "lib/base/check.h"

namespace segue::conf {
namespace {

// Plain keys of a preset; what is null or zero keeps its default.
struct Preset {
  std::string_view name;
  std::string_view path = "/";
  StatusRange status{};
  std::string_view header = "";
  std::string_view body = "";
  std::string_view starting = "";
};

constexpr Preset kPresets[] = {
    {.name = "http"},
    {.name = "tcp"},
    // The login page needs no rights. While plugins load Jenkins answers 503 with a page that says
    // so.
    {.name = "jenkins",
     .path = "/login",
     .status = {200, 200},
     .header = "X-Jenkins",
     .starting = "getting ready"},
    // Answers only addresses in GitLab's monitoring allowlist, so segue's has to be in it. The 502
    // page is nginx's, before Puma listens.
    {.name = "gitlab",
     .path = "/-/readiness",
     .status = {200, 200},
     .starting = "Waiting for GitLab to boot"},
    // Goes through the database, other than the page at "/".
    {.name = "buildbot", .path = "/api/v2/masters", .status = {200, 200}},
    {.name = "teamcity",
     .path = "/healthCheck/ready",
     .status = {200, 200},
     .starting = "TeamCity is starting"},
    // 204 in current versions, 200 in older ones.
    {.name = "woodpecker", .path = "/healthz", .status = {200, 299}},
    {.name = "gitea", .path = "/api/healthz", .status = {200, 200}},
};

static_assert(std::size(kPresets) == kPresetNames.size());

}  // namespace

Health preset(std::string_view name) {
  const auto* found = std::ranges::find(kPresets, name, &Preset::name);
  SEGUE_CHECK(found != std::end(kPresets), "the name comes one of kPresetNames");
  Health health;
  health.preset = name;
  if (name == "tcp") health.kind = Health::Kind::kTcp;
  health.path = found->path;
  health.expect_status = {found->status};
  health.expect_header = found->header;
  health.expect_body = found->body;
  health.starting_body = found->starting;
  return health;
}

}  // namespace segue::conf
