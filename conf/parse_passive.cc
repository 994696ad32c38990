// passive = { … } of a pool
#include "conf/sections.h"

namespace segue::conf {
namespace {

using std::chrono::hours;

constexpr Key<Passive> kKeys[] = {
    key<&Passive::enabled>("enabled", flag(), "Whether real traffic can eject an endpoint."),
    key<&Passive::consecutive>(
        "consecutive", count(1, 1000),
        "Gateway errors in a row that eject: no connection, reset, 502, 503, 504."),
    key<&Passive::failure_ratio>(
        "failure_ratio", ratio(0, 1),
        "Share of gateway errors among the window's requests that ejects."),
    key<&Passive::requests_min>("requests_min", count(1, 1'000'000),
                                "Requests in the window before the ratio counts."),
    key<&Passive::window>("window", duration(seconds(1), hours(1)),
                          "How far back the ratio looks."),
    key<&Passive::eject_for>("eject_for", duration(milliseconds(10), hours(1)),
                             "First ejection; the n-th in a row lasts n times as long."),
    key<&Passive::eject_max>("eject_max", duration(milliseconds(10), hours(24)),
                             "No ejection lasts longer."),
};

}  // namespace

void read_passive(const Cursor& at, Passive& out) {
  if (at.node().is(Node::Kind::kBoolean)) {
    out.enabled = at.node().boolean;
    return;
  }
  read_section(at, kKeys, out);
  if (out.eject_max < out.eject_for)
    at.complain("eject_max is less than eject_for, expected at least as much");
}

std::string print_passive(const std::string& header, const Passive& passive) {
  std::string out = "\n" + header + "\n";
  print_section(out, kKeys, passive);
  return out;
}

SectionInfo describe_passive() {
  return describe(
      "passive", "[pools.NAME.passive]",
      "Ejection of an endpoint on what real traffic meets there. `passive = false` turns it "
      "off. Only what is the upstream's fault counts, and the last endpoint of a pool stays.",
      kKeys, Passive{});
}

}  // namespace segue::conf
