// The table of forges. Sources: each forge's documentation of webhooks, and the payloads in
// tests/routing/repository_test.cc, which hold this table to what forges really send.
#include "routing/forge.h"

#include <array>
#include <span>

#include "lib/http/field.h"

namespace segue::routing {
namespace {

struct Place {
  std::string_view pointer;
  std::string_view second = {};  // a name in two parts
  std::uint8_t later = 0;        // counts only where places with less have nothing
};

struct Facts {
  std::string_view name;
  std::array<std::string_view, 2> id_headers;  // of a delivery, the better one first
  std::array<std::string_view, 2> event_headers;
  std::span<const Place> ids, names;
};

// A pull request's event comes from the repository that it is for, the base: its "repository" is
// the base, the fork stands in pull_request.head alone. Events of organisations have no repository.
constexpr Place kHubIds[] = {{"/repository/id"}};
constexpr Place kHubNames[] = {{"/repository/full_name"}};

// Job events have project_id alone, merge requests project.id alone (old ones only the target's),
// system hooks of projects and members project_id.
constexpr Place kGitLabIds[] = {
    {"/project_id"}, {"/project/id"}, {"/object_attributes/target_project_id"}};
constexpr Place kGitLabNames[] = {
    {"/project/path_with_namespace"}, {"/path_with_namespace"}, {"/project_path_with_namespace"}};

constexpr Place kCloudIds[] = {{"/repository/uuid"}};
constexpr Place kCloudNames[] = {{"/repository/full_name"}};

// Events of pull requests have no "repository" but the two sides; toRef is the base.
constexpr Place kCenterIds[] = {{"/repository/id"}, {"/pullRequest/toRef/repository/id"}};
constexpr Place kCenterNames[] = {
    {"/repository/project/key", "/repository/slug"},
    {"/pullRequest/toRef/repository/project/key", "/pullRequest/toRef/repository/slug"}};

// Gerrit's projects have no id. The first two are for those who send by hand what a forge would;
// what GitLab has at Gerrit's places is no name of a repository.
constexpr Place kOtherNames[] = {{"/repository/full_name"},     {"/project/path_with_namespace"},
                                 {"/project/name", {}, 1},      {"/project", {}, 1},
                                 {"/change/project", {}, 1},    {"/change/project/name", {}, 1},
                                 {"/refUpdate/project", {}, 1}, {"/projectName", {}, 1}};

constexpr Facts kFacts[] = {
    {"", {}, {}, {}, kOtherNames},
    {"github", {"X-GitHub-Delivery"}, {"X-GitHub-Event"}, kHubIds, kHubNames},
    {"gitea",
     {"X-Gitea-Delivery", "X-Forgejo-Delivery"},
     {"X-Gitea-Event", "X-Forgejo-Event"},
     kHubIds,
     kHubNames},
    {"gogs", {"X-Gogs-Delivery"}, {"X-Gogs-Event"}, kHubIds, kHubNames},
    {"gitlab",
     {"Idempotency-Key", "X-Gitlab-Event-UUID"},
     {"X-Gitlab-Event"},
     kGitLabIds,
     kGitLabNames},
    {"bitbucket", {"X-Request-UUID"}, {"X-Event-Key"}, kCloudIds, kCloudNames},
    {"bitbucket_dc", {"X-Request-Id"}, {"X-Event-Key"}, kCenterIds, kCenterNames},
};
static_assert(std::size(kFacts) == static_cast<std::size_t>(Forge::kCount));

const Facts& facts(Forge forge) noexcept {
  return kFacts[static_cast<std::size_t>(forge)];
}

std::string_view value_of(const http::Head& head, std::string_view name) noexcept {
  if (name.empty()) return {};
  for (const http::Field& field : head.fields)
    if (http::same_name(field.name, name)) return field.value;
  return {};
}

std::string_view first_of(const http::Head& head,
                          const std::array<std::string_view, 2>& names) noexcept {
  const std::string_view value = value_of(head, names[0]);
  return value.empty() ? value_of(head, names[1]) : value;
}

/// Who has put this field there, or kNone.
Forge sender(std::string_view name) noexcept {
  constexpr std::size_t kShortest = std::string_view("X-Gogs-Event").size();
  if (name.size() < std::string_view("X-Hook-UUID").size()) return Forge::kNone;
  if ((name[0] | 0x20) != 'x' || name[1] != '-') return Forge::kNone;
  const auto begins = [&](std::string_view with) {
    return name.size() >= kShortest && http::same_name(name.substr(0, with.size()), with);
  };
  switch (name[2] | 0x20) {
    case 'g':
      if (begins("X-Gitea-")) return Forge::kGitea;
      if (begins("X-Gogs-")) return Forge::kGogs;
      if (begins("X-GitHub-")) return Forge::kGitHub;
      if (begins("X-Gitlab-")) return Forge::kGitLab;
      break;
    case 'f':
      if (begins("X-Forgejo-")) return Forge::kGitea;
      break;
    case 'h':
      if (http::same_name(name, "X-Hook-UUID")) return Forge::kBitbucket;
      break;
    case 'e':
      if (http::same_name(name, "X-Event-Key")) return Forge::kBitbucketDc;
      break;
    default: break;
  }
  return Forge::kNone;
}

/// Whose headers outweigh whose: the forges that send another's headers too come first.
constexpr std::uint8_t weight(Forge forge) noexcept {
  switch (forge) {
    case Forge::kNone: return 0;
    case Forge::kGitHub: return 1;
    case Forge::kBitbucketDc: return 2;  // X-Event-Key alone
    case Forge::kBitbucket: return 3;
    case Forge::kGitLab: return 4;
    case Forge::kGogs: return 5;
    case Forge::kGitea: return 6;
    case Forge::kCount: break;
  }
  return 0;
}

}  // namespace

const char* to_string(Forge forge) noexcept {
  return facts(forge).name.data();
}

Delivery delivery_of(const http::Head& head) noexcept {
  Delivery out;
  for (const http::Field& field : head.fields)
    if (const Forge forge = sender(field.name); weight(forge) > weight(out.forge))
      out.forge = forge;
  if (out.forge == Forge::kNone) return out;
  out.id = first_of(head, facts(out.forge).id_headers);
  out.event = first_of(head, facts(out.forge).event_headers);
  return out;
}

std::vector<http::JsonQuery::Term> identity_terms(Forge forge, Identity first, std::uint8_t rank) {
  const Facts& known = facts(forge);
  std::vector<http::JsonQuery::Term> out;
  const auto add = [&](std::span<const Place> places, std::uint8_t answer, int from) {
    for (const Place& place : places)
      out.push_back({std::string(place.pointer), std::string(place.second), answer,
                     static_cast<std::uint8_t>(from + place.later)});
  };
  const bool by_id = first == Identity::kId && !known.ids.empty();
  add(known.ids, 0, by_id ? rank : rank + kIdentityRanks - 1);
  add(known.names, 0, by_id ? rank + 1 : rank);
  if (by_id) add(known.names, 1, 0);
  return out;
}

bool is_id(Forge forge, std::string_view pointer) noexcept {
  for (const Place& place : facts(forge).ids)
    if (place.pointer == pointer) return true;
  return false;
}

}  // namespace segue::routing
