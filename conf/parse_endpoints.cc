// endpoints = ["host:port", { address = "host:port", weight = 2 }] of a pool
#include <algorithm>
#include <map>

#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

constexpr std::size_t kEndpointsMax = 1000;

constexpr Key<Endpoint> kKeys[] = {
    required(
        key<&Endpoint::address>("address", text(judge_endpoint),
                                "`\"10.0.0.5:8080\"`, `\"ci.internal:8080\"`, `\"[::1]:8080\"` or "
                                "`\"unix:/run/ci.sock\"`.")),
    key<&Endpoint::weight>("weight", count(0, 1000),
                           "Share among the pool's endpoints; 0 takes nothing but is checked."),
};

void read_endpoint(const Cursor& at, Endpoint& out) {
  out.at = at.node().at;
  if (at.node().is(Node::Kind::kString)) return kKeys[0].read(at, kKeys[0].shape, out);
  if (!at.node().is(Node::Kind::kTable))
    return at.complain(shown(at.node()) +
                       ", expected \"host:port\" or { address = \"host:port\", weight = 1 }");
  read_section(at, kKeys, out);
}

}  // namespace

void read_endpoints(const Cursor& at, std::vector<Endpoint>& out) {
  if (!at.node().is(Node::Kind::kList))
    return at.complain(shown(at.node()) + ", expected a list such as [\"10.0.0.5:8080\"]");
  const std::size_t count = at.node().items.size();
  if (count == 0) return at.complain("an empty list, expected at least one endpoint");
  if (count > kEndpointsMax)
    return at.complain(std::to_string(count) + " endpoints, expected at most " +
                       std::to_string(kEndpointsMax));
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < count; ++i) {
    const Cursor item = at.item(i);
    Endpoint& endpoint = out.emplace_back();
    read_endpoint(item, endpoint);
    if (endpoint.address.empty()) continue;  // was complained about
    const auto [twin, added] = first.try_emplace(endpoint.address, i);
    if (!added)
      item.complain(quoted(endpoint.address) + " is endpoint [" + std::to_string(twin->second) +
                    "] already; give that one more weight instead");
  }
  if (std::ranges::all_of(out, [](const Endpoint& endpoint) { return endpoint.weight == 0; }))
    at.complain("all weights are 0, expected at least one endpoint with a weight");
}

std::string print_endpoints(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> items;
  for (const Endpoint& endpoint : endpoints)
    items.push_back(endpoint.weight == 1 ? toml_string(endpoint.address)
                                         : print_inline(kKeys, endpoint));
  return print_list(items);
}

SectionInfo describe_endpoint() {
  return describe("endpoint", "endpoints = [{ … }]",
                  "An item of a pool's `endpoints`: a string, which is the address, or this table.",
                  kKeys, Endpoint{});
}

}  // namespace segue::conf
