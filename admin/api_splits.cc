// Reading splits: weights, shares as set, as possible and as seen.
#include "admin/readings.h"
#include "admin/resources.h"

namespace segue::admin {

void get_splits(Call& call) {
  Json splits = Json::array();
  for (const auto& route : call.snapshot->routes)
    if (route != nullptr) splits.push_back(split_json(call, *route));
  call.send({{"generation", call.snapshot->generation}, {"splits", std::move(splits)}});
}

void get_split(Call& call) {
  const routing::Route* route = require_route(call, call.argument(0));
  if (route == nullptr) return;
  Json body = {{"generation", call.snapshot->generation}};
  body.update(split_json(call, *route));
  call.send(body);
}

}  // namespace segue::admin
