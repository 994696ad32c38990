// Both sides as text by name; what differs is told.
#include "routing/difference.h"

#include <ctime>
#include <map>

#include "routing/operations.h"

namespace segue::routing {
namespace {

using Kind = Difference::Kind;
using Texts = std::map<std::string, std::string>;

constexpr std::size_t kToldMax = 8;  // differences of a line

std::string all(const Weights& weights) {
  std::string text;
  for (const auto& [pool, weight] : weights)
    text += (text.empty() ? "" : " ") + pool + "=" + std::to_string(weight);
  return text;
}

Texts weights_texts(const conf::Config& config, const Runtime& runtime) {
  Texts out;
  for (const auto& [route, weights] : runtime.weights) out[route] = all(weights);
  for (const conf::Route& route : config.routes)
    out[route.name] = weights_text(route, weights_of(runtime, route));
  return out;
}

/// "2026-01-31T23:59:59Z"
std::string moment(std::uint64_t wall_ms) {
  const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[sizeof "2026-01-31T23:59:59Z"];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string until(std::uint64_t until_ms) {
  return until_ms == 0 ? "" : " until " + moment(until_ms);
}

Texts revert_texts(const Runtime& runtime) {
  Texts out;
  for (const auto& [route, revert] : runtime.reverts)
    out[route] = (revert.weights.empty() ? "those of the file" : all(revert.weights)) + " at " +
                 moment(revert.at_ms);
  return out;
}

Texts pin_texts(const Runtime& runtime) {
  Texts out;
  for (const auto& [group, pins] : runtime.pins)
    for (const auto& [key, pin] : pins) {
      std::string& text = out[group + " " + key];
      text = pin.pool;
      text += pin.hard ? " (hard)" : "";
      text += until(pin.until_ms);
    }
  return out;
}

Texts epoch_texts(const Runtime& runtime) {
  Texts out;
  for (const auto& [group, epoch] : runtime.epochs) out[group] = "epoch " + std::to_string(epoch);
  return out;
}

Texts endpoint_texts(const Runtime& runtime) {
  Texts out;
  for (const auto& [pool, addresses] : runtime.endpoints)
    for (const auto& [address, said] : addresses)
      out[pool + " " + address] = to_string(said.word) + until(said.until_ms);
  return out;
}

void compare(std::vector<Difference>& out, Kind kind, const Texts& before, const Texts& after) {
  Texts names = before;
  names.insert(after.begin(), after.end());
  const auto text = [](const Texts& side, const std::string& name) {
    const auto at = side.find(name);
    return at == side.end() ? std::string() : at->second;
  };
  for (const auto& [name, ignored] : names) {
    const std::string was = text(before, name), is = text(after, name);
    if (was != is) out.push_back({kind, name, was, is});
  }
}

}  // namespace

const char* to_string(Difference::Kind kind) noexcept {
  switch (kind) {
    case Kind::kWeights: return "weights";
    case Kind::kRevert: return "revert";
    case Kind::kPin: return "pin";
    case Kind::kEpoch: return "sessions";
    case Kind::kEndpoint: return "endpoint";
  }
  return "weights";
}

std::vector<Difference> difference(const conf::Config& config, const Runtime& before,
                                   const Runtime& after) {
  std::vector<Difference> out;
  compare(out, Kind::kWeights, weights_texts(config, before), weights_texts(config, after));
  compare(out, Kind::kRevert, revert_texts(before), revert_texts(after));
  compare(out, Kind::kPin, pin_texts(before), pin_texts(after));
  compare(out, Kind::kEpoch, epoch_texts(before), epoch_texts(after));
  compare(out, Kind::kEndpoint, endpoint_texts(before), endpoint_texts(after));
  return out;
}

std::string to_text(const std::vector<Difference>& differences) {
  std::string text;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    if (i == kToldMax) return text + "; and " + std::to_string(differences.size() - i) + " more";
    const Difference& one = differences[i];
    text += (i == 0 ? "" : "; ") + std::string(to_string(one.kind)) + " " + one.name + ": " +
            (one.before.empty() ? "" : one.before + " ") + "-> " +
            (one.after.empty() ? "none" : one.after);
  }
  return text;
}

}  // namespace segue::routing
