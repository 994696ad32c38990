// failback = { … } of a pool
#include "conf/sections.h"

namespace segue::conf {
namespace {

using std::chrono::hours;

constexpr std::string_view kModes[] = {"auto", "manual"};  // Failback::Mode

constexpr Key<Failback> kKeys[] = {
    key<&Failback::mode>("mode", word(kModes),
                         "`manual` waits for `segue ctl failback POOL` after each failure."),
    key<&Failback::stable>("stable", duration(milliseconds(0), hours(24)),
                           "Time without a failure before the first cohorts return."),
    key<&Failback::steps>("steps", count(1, 100), "In how many steps they return."),
    key<&Failback::step>("step", duration(milliseconds(0), hours(24)), "Between two steps."),
    key<&Failback::flap_transitions>(
        "flap_transitions", count(1, 1000),
        "Failures within `flap_window` after which the pool stays away until it was stable for "
        "that long, or an operator lets it back."),
    key<&Failback::flap_window>("flap_window", duration(milliseconds(10), hours(24 * 7)),
                                "How far back failures are counted."),
};

}  // namespace

void read_failback(const Cursor& at, Failback& out) {
  if (at.node().is(Node::Kind::kString)) {  // failback = "manual"
    read_value(at, word(kModes), out.mode);
    return;
  }
  read_section(at, kKeys, out);
}

std::string print_failback(const std::string& header, const Failback& failback) {
  std::string out = "\n" + header + "\n";
  print_section(out, kKeys, failback);
  return out;
}

SectionInfo describe_failback() {
  return describe(
      "failback", "[pools.NAME.failback]",
      "How a pool that failed as a whole gets its cohorts back; meanwhile they are at "
      "the other pools of the split and at `fallback`. `failback = \"manual\"` is short "
      "for the mode.",
      kKeys, Failback{});
}

}  // namespace segue::conf
