// Rules by host, then by path: a bucket of paths per host, in one hash table for all of them.
#include "routing/route_table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>

#include "lib/base/check.h"
#include "lib/http/field.h"
#include "lib/http/target.h"
#include "routing/match.h"
#include "routing/path_regex.h"
#include "routing/text_table.h"

namespace segue::routing {
namespace {

constexpr std::uint32_t kNone = TextTable::kNone;

/// A host name has at most 255 bytes (RFC 1035 §3.1) and so at most 128 labels.
constexpr std::size_t kHostBytesMax = 255;
constexpr std::size_t kLabelsMax = 128;

/// The number of pieces as a bit; the last bit stands for all greater numbers.
constexpr std::uint64_t depth_bit(std::size_t depth) noexcept {
  return std::uint64_t{1} << std::min<std::size_t>(depth, 63);
}

/// A rule that has matched by host and path.
struct Candidate {
  RouteId route;
  std::uint32_t conditions = kNone;  ///< into Index::conditions; kNone: there are none
  bool last = true;                  ///< of its list
};

/// The paths of one host, of one wildcard, or of any host. Lists are offsets into
/// Index::candidates.
struct Bucket {
  std::uint64_t prefix_depths = 0, exact_depths = 0;         ///< numbers of segments that occur
  std::uint32_t root = kNone;                                ///< list of the prefix "/"
  std::uint32_t any = kNone;                                 ///< list of the rules without a path
  std::vector<std::pair<PathRegex, std::uint32_t>> regexes;  ///< each with its list of one
};

/// The buckets a host leads to, most specific first.
struct Buckets {
  std::array<std::uint32_t, kLabelsMax + 2> at;
  std::size_t count = 0;
};

/// The ways in which requests may spell a path of the configuration, so that neither their raw nor
/// their normalised form misses it.
std::set<std::string> spellings(const std::string& path) {
  return {path, escape_path(path, Hex::kUpper), escape_path(path, Hex::kLower), normal_path(path)};
}

/// Calls `visit(hash, prefix, depth)` for each prefix of whole segments of `path` but the root.
template <typename Visit>
void for_each_prefix(std::string_view path, std::uint32_t scope, Visit&& visit) {
  std::uint64_t hash = TextTable::begin(scope);
  std::size_t depth = 0;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    hash = TextTable::extend(hash, path.substr(at + 1, end - at - 1));
    if (!visit(hash, path.substr(0, end), ++depth)) return;
    at = end;
  }
}

/// The same for a host, label by label from its end: "com", "example.com", …
template <typename Visit>
void for_each_suffix(std::string_view host, Visit&& visit) {
  std::uint64_t hash = TextTable::begin(0);
  std::size_t depth = 0;
  for (std::size_t end = host.size();;) {
    const std::size_t dot = end == 0 ? std::string_view::npos : host.rfind('.', end - 1);
    const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    hash = TextTable::extend(hash, host.substr(begin, end - begin));
    if (!visit(hash, host.substr(begin), ++depth) || begin == 0) return;
    end = dot;
  }
}

}  // namespace

struct RouteTable::Index {
  std::vector<Rule> rules;  // by precedence
  std::vector<Conditions> conditions;
  std::vector<Candidate> candidates;
  std::vector<Bucket> buckets{1};  // the first is any host's
  TextTable hosts;                 // first: the host's bucket; second: that of "*." before it
  std::uint64_t host_depths = 0, wildcard_depths = 0;
  TextTable paths;  // scope: the bucket; first: list of the exact path; second: of the prefix

  std::uint32_t bucket_of(const std::string& host);
  void add(const Rule& rule, std::vector<std::vector<Candidate>>& lists);
  void flatten(const std::vector<std::vector<Candidate>>& lists);

  void find_buckets(std::string_view authority, Buckets& out) const noexcept;
  std::optional<RouteId> first_of(std::uint32_t list, const http::Head& head) const noexcept;
  std::optional<RouteId> find_by_path(std::uint32_t bucket, std::string_view path,
                                      const http::Head& head) const noexcept;
  RouteId find(const Buckets& in, std::string_view path, const http::Head& head) const noexcept;
  Match find_twice(const Buckets& in, RouteId raw, const http::Head& head) const noexcept;
};

// ---- building
// --------------------------------------------------------------------------------------

std::uint32_t RouteTable::Index::bucket_of(const std::string& host) {
  if (host.empty()) return 0;
  const bool wildcard = host.starts_with("*.");
  std::string name = wildcard ? host.substr(2) : host;
  std::transform(name.begin(), name.end(), name.begin(), http::to_lower);
  if (name.find(':') != std::string::npos && !name.starts_with('[')) name = "[" + name + "]";
  std::uint32_t bucket = kNone;
  for_each_suffix(name, [&](std::uint64_t hash, std::string_view suffix, std::size_t depth) {
    if (suffix.size() < name.size()) return true;
    (wildcard ? wildcard_depths : host_depths) |= depth_bit(depth);
    TextTable::Entry& entry = hosts.insert(hash, 0, suffix);
    std::uint32_t& at = wildcard ? entry.second : entry.first;
    if (at == kNone) {
      at = static_cast<std::uint32_t>(buckets.size());
      buckets.emplace_back();
    }
    bucket = at;
    return false;
  });
  return bucket;
}

void RouteTable::Index::add(const Rule& rule, std::vector<std::vector<Candidate>>& lists) {
  Candidate candidate{rule.id, kNone, true};
  if (Conditions wanted(rule.match); wanted.count() > 0) {
    candidate.conditions = static_cast<std::uint32_t>(conditions.size());
    conditions.push_back(std::move(wanted));
  }
  const auto append = [&](std::uint32_t& list) {
    if (list == kNone) {
      list = static_cast<std::uint32_t>(lists.size());
      lists.emplace_back();
    }
    lists[list].push_back(candidate);
  };
  const std::uint32_t scope = bucket_of(rule.match.host);
  Bucket& bucket = buckets[scope];
  const Rank::Path kind = Rank(rule.match).path;
  if (kind == Rank::Path::kRegex) {
    auto regex = PathRegex::make(rule.match.path_regex);
    SEGUE_CHECK(regex.ok(), "build() refuses expressions that do not compile");
    bucket.regexes.emplace_back(std::move(*regex), kNone);
    return append(bucket.regexes.back().second);
  }
  if (kind == Rank::Path::kAny) return append(bucket.any);
  const bool exact = kind == Rank::Path::kExact;
  for (const std::string& spelling : spellings(exact ? rule.match.path : rule.match.path_prefix)) {
    const std::string_view path = exact ? spelling : without_slashes(spelling);
    if (path.empty()) {
      append(bucket.root);
      continue;
    }
    for_each_prefix(path, scope,
                    [&](std::uint64_t hash, std::string_view prefix, std::size_t depth) {
                      if (prefix.size() < path.size()) return true;
                      TextTable::Entry& entry = paths.insert(hash, scope, prefix);
                      (exact ? bucket.exact_depths : bucket.prefix_depths) |= depth_bit(depth);
                      append(exact ? entry.first : entry.second);
                      return false;
                    });
  }
}

void RouteTable::Index::flatten(const std::vector<std::vector<Candidate>>& lists) {
  std::vector<std::uint32_t> offsets;
  for (const std::vector<Candidate>& list : lists) {
    offsets.push_back(static_cast<std::uint32_t>(candidates.size()));
    for (const Candidate& candidate : list) {
      candidates.push_back(candidate);
      candidates.back().last = &candidate == &list.back();
    }
  }
  const auto resolve = [&](std::uint32_t& list) {
    if (list != kNone) list = offsets[list];
  };
  for (TextTable::Entry& entry : paths.entries()) {
    resolve(entry.first);
    resolve(entry.second);
  }
  for (Bucket& bucket : buckets) {
    resolve(bucket.root);
    resolve(bucket.any);
    for (auto& [regex, list] : bucket.regexes) resolve(list);
  }
}

// ---- finding
// ---------------------------------------------------------------------------------------

void RouteTable::Index::find_buckets(std::string_view authority, Buckets& out) const noexcept {
  if ((host_depths | wildcard_depths) != 0) {
    const std::string_view host = http::host_of(authority);
    std::array<char, kHostBytesMax> folded;
    if (!host.empty() && host.size() <= folded.size()) {
      std::transform(host.begin(), host.end(), folded.begin(), http::to_lower);
      std::array<std::uint32_t, kLabelsMax> wildcards;  // shortest first, as they are met
      std::size_t wildcard_count = 0;
      for_each_suffix({folded.data(), host.size()},
                      [&](std::uint64_t hash, std::string_view suffix, std::size_t depth) {
                        const bool whole = suffix.size() == host.size();
                        if (((whole ? host_depths : wildcard_depths) & depth_bit(depth)) == 0) {
                          return true;
                        }
                        const TextTable::Entry* entry = hosts.find(hash, 0, suffix);
                        if (entry == nullptr) return true;
                        if (whole) {
                          if (entry->first != kNone) out.at[out.count++] = entry->first;
                        } else if (entry->second != kNone && wildcard_count < wildcards.size()) {
                          wildcards[wildcard_count++] = entry->second;
                        }
                        return true;
                      });
      while (wildcard_count > 0) out.at[out.count++] = wildcards[--wildcard_count];
    }
  }
  out.at[out.count++] = 0;
}

std::optional<RouteId> RouteTable::Index::first_of(std::uint32_t list,
                                                   const http::Head& head) const noexcept {
  if (list == kNone) return std::nullopt;
  for (const Candidate* candidate = &candidates[list];; ++candidate) {
    if (candidate->conditions == kNone || conditions[candidate->conditions].hold(head)) {
      return candidate->route;
    }
    if (candidate->last) return std::nullopt;
  }
}

std::optional<RouteId> RouteTable::Index::find_by_path(std::uint32_t scope, std::string_view path,
                                                       const http::Head& head) const noexcept {
  const Bucket& bucket = buckets[scope];
  // The longest prefix wins, so a later hit replaces an earlier one; an exact path is later still.
  std::optional<RouteId> best = first_of(bucket.root, head);
  const std::uint64_t depths = bucket.prefix_depths | bucket.exact_depths;
  if (depths != 0 && path.starts_with('/')) {
    for_each_prefix(
        path, scope, [&](std::uint64_t hash, std::string_view prefix, std::size_t depth) {
          const std::uint64_t bit = depth_bit(depth);
          if (depths < bit) return false;  // nothing is that deep
          const bool whole = prefix.size() == path.size();
          if ((bucket.prefix_depths & bit) == 0 && !(whole && (bucket.exact_depths & bit) != 0)) {
            return true;
          }
          const TextTable::Entry* entry = paths.find(hash, scope, prefix);
          if (entry == nullptr) return true;
          if (const auto hit = first_of(entry->second, head)) best = hit;
          if (whole) {
            if (const auto hit = first_of(entry->first, head)) best = hit;
          }
          return true;
        });
  }
  if (best) return best;
  for (const auto& [regex, list] : bucket.regexes) {
    if (regex.matches(path)) {
      if (const auto hit = first_of(list, head)) return hit;
    }
  }
  return first_of(bucket.any, head);
}

RouteId RouteTable::Index::find(const Buckets& in, std::string_view path,
                                const http::Head& head) const noexcept {
  for (std::size_t i = 0; i < in.count; ++i) {
    if (const auto hit = find_by_path(in.at[i], path, head)) return *hit;
  }
  return RouteId{};
}

/// For a path that may not be normal. Apart, so that the usual request never sees its scratch.
[[gnu::noinline]] RouteTable::Match RouteTable::Index::find_twice(
    const Buckets& in, RouteId raw, const http::Head& head) const noexcept {
  std::array<char, kNormaliseMax> scratch;
  std::string long_scratch;
  std::string_view normal;
  if (!http::normalise(head.path, scratch, normal)) {
    long_scratch.resize(head.path.size());
    static_cast<void>(http::normalise(head.path, long_scratch, normal));
  }
  const RouteId other = find(in, normal, head);
  return {other, other != raw};
}

// ---- the table
// -------------------------------------------------------------------------------------

RouteTable::RouteTable() : index_(std::make_unique<Index>()) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

RouteTable RouteTable::make(std::vector<Rule> rules) {
  std::vector<Rank> ranks;
  for (const Rule& rule : rules) ranks.emplace_back(rule.match);
  std::vector<std::size_t> order(rules.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return ranks[a] < ranks[b]; });

  RouteTable table;
  Index& index = *table.index_;
  std::vector<std::vector<Candidate>> lists;
  for (const std::size_t i : order) {
    index.add(rules[i], lists);
    index.rules.push_back(std::move(rules[i]));
  }
  index.flatten(lists);
  return table;
}

RouteTable::Match RouteTable::find(const http::Head& head) const noexcept {
  Buckets buckets;
  index_->find_buckets(head.authority, buckets);
  const RouteId raw = index_->find(buckets, head.path, head);
  std::string_view normal;
  if (http::normalise(head.path, {}, normal)) return {raw, false};
  return index_->find_twice(buckets, raw, head);
}

const std::vector<RouteTable::Rule>& RouteTable::in_precedence() const noexcept {
  return index_->rules;
}

}  // namespace segue::routing
