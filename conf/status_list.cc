// [404, 410]: a list of single statuses
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {

void read_status_list(const Cursor& at, std::vector<std::uint16_t>& out) {
  constexpr std::int64_t kStatusMin = 100, kStatusMax = 599;
  if (!at.node().is(Node::Kind::kList))
    return at.complain(shown(at.node()) + ", expected a list of statuses such as [404]");
  out.clear();
  for (std::size_t i = 0; i < at.node().items.size(); ++i) {
    const Cursor item = at.item(i);
    const Node& node = item.node();
    if (node.is(Node::Kind::kInteger) && node.integer >= kStatusMin && node.integer <= kStatusMax) {
      out.push_back(static_cast<std::uint16_t>(node.integer));
    } else {
      item.complain(shown(node) + ", expected a status 100…599");
    }
  }
}

std::string print_status_list(const std::vector<std::uint16_t>& statuses) {
  std::vector<std::string> items;
  for (const std::uint16_t status : statuses) items.push_back(std::to_string(status));
  return print_list(items);
}

}  // namespace segue::conf
