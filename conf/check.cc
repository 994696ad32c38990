// Whether there is something of everything, and whether sockets get in each other's way.
#include "conf/check.h"

#include <string>
#include <string_view>
#include <unordered_map>

#include "conf/text.h"
#include "lib/base/address.h"

namespace segue::conf {
namespace {

void expect_some(const Cursor& root, std::string_view section, bool none, Node::Kind kind,
                 std::string_view example) {
  const auto given = root.find(section);
  if (!none || (given && !given->node().is(kind))) return;  // the type was complained about
  const Cursor& at = given ? *given : root;
  at.complain(given ? given->node().at : Position{},
              "no " + std::string(section) + ", expected at least one " + std::string(example));
}

// Addresses that two sockets of this process would both be bound to.
class Bound {
 public:
  void add(const Cursor& at, const std::string& address, const std::string& owner) {
    const auto socket = SocketAddress::parse(address);
    if (!socket || (socket->family() != AF_UNIX && socket->port() == 0)) return;
    const auto [twin, added] = owners_.try_emplace(socket->to_string(), owner);
    if (!added) at.complain(quoted(address) + " is the address of " + twin->second + " already");
  }

 private:
  std::unordered_map<std::string, std::string> owners_;
};

void check_addresses(const Cursor& root, const Config& config) {
  Bound bound;
  const auto listeners = root.find("listeners");
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    const Cursor listener = listeners->member(listeners->node().members[i]);
    if (const auto at = listener.find("address"))
      bound.add(*at, config.listeners[i].address,
                "listeners." + toml_key(config.listeners[i].name));
  }
  const auto admin = root.find("admin");
  const auto socket = admin ? admin->find("socket") : std::nullopt;
  const auto listen = admin ? admin->find("listen") : std::nullopt;
  if (socket) bound.add(*socket, "unix:" + config.admin.socket, "admin.socket");
  if (listen && !config.admin.listen.empty())
    bound.add(*listen, config.admin.listen, "admin.listen");
}

}  // namespace

void check(const Cursor& root, const Config& config) {
  expect_some(root, "listeners", config.listeners.empty(), Node::Kind::kTable,
              "[listeners.NAME] with an address");
  expect_some(root, "pools", config.pools.empty(), Node::Kind::kTable,
              "[pools.NAME] with endpoints");
  expect_some(root, "routes", config.routes.empty(), Node::Kind::kList,
              "[[routes]] with a name and a split");
  check_addresses(root, config);
  check_routes(root, config);
}

}  // namespace segue::conf
