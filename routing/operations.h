// What operators can change, and what each change makes of the runtime. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "conf/config.h"
#include "lib/base/result.h"
#include "routing/runtime.h"

namespace segue::routing {

struct SetWeights {
  std::string route;  ///< a split has the name of its route
  std::vector<std::pair<std::string, std::uint32_t>>
      weights;                 ///< pools that are not named keep theirs
  std::uint64_t until_ms = 0;  ///< then the weights of before come back; 0: they stay
};
struct SetPin {
  std::string group;  ///< a cohort group, or a route for the group it belongs to
  std::string key;    ///< in whatever case
  Pin pin;
};
struct Unpin {
  std::string group, key;
};
struct Say {
  std::string pool, address;  ///< address "": every endpoint of the pool
  Said said;
};
/// Every session of the group is drawn anew.
struct Rebalance {
  std::string group;
};
/// Everybody to one pool at once: all weight there, no pin elsewhere, sessions drawn anew.
struct Abort {
  std::string route, pool;
};
/// Everything as it was at another time. Sessions are drawn anew where that changes weights.
struct Restore {
  Runtime runtime;
};
/// What ends by itself by `now_ms` ends.
struct Expire {
  std::uint64_t now_ms = 0;
};

using Operation = std::variant<SetWeights, SetPin, Unpin, Say, Rebalance, Abort, Restore, Expire>;

struct RefusedOperation {
  bool not_found = false;  ///< what it names is not there; else it makes no sense
  std::string path;        ///< of the request's member that is wrong: "weights.new"
  std::string text;
};

/// The runtime after `operation`. `config` says what there is.
Result<Runtime, RefusedOperation> apply(const conf::Config& config, Runtime runtime,
                                        const Operation& operation);

/// The weights of a route's split: what the runtime says, else the file.
Weights weights_of(const Runtime& runtime, const conf::Route& route);
/// "old=90 new=10", in the order of the file.
std::string weights_text(const conf::Route& route, const Weights& weights);

/// The cohort group of a route.
const std::string& group_of(const conf::Route& route) noexcept;
const conf::Route* find_route(const conf::Config& config, const std::string& name) noexcept;
/// Lower case, as pins are kept.
std::string folded(std::string_view key);

}  // namespace segue::routing
