// Place j of a participant with weight w is due at (j + 1/2) / w of a turn; places go in order of
// that.
#include "routing/wheel.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace segue::routing {
namespace {

/// The participant's next place. Compared as fractions: due = (2j + 1) / w.
struct Due {
  std::uint64_t numerator, weight;
  std::uint32_t who;

  bool operator>(const Due& other) const noexcept {
    const std::uint64_t a = numerator * other.weight, b = other.numerator * weight;
    return a != b ? a > b : who > other.who;
  }
};

std::uint64_t sum(std::span<const std::uint32_t> weights) {
  return std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
}

}  // namespace

std::vector<std::uint32_t> make_wheel(std::span<const std::uint32_t> weights) {
  const auto differs = [&](std::uint32_t weight) { return weight != weights.front(); };
  if (std::none_of(weights.begin(), weights.end(), differs)) return {};

  std::vector<std::uint32_t> places(weights.begin(), weights.end());
  const std::uint32_t divisor =
      std::accumulate(places.begin(), places.end(), 0u, std::gcd<std::uint32_t, std::uint32_t>);
  for (std::uint32_t& place : places) place /= divisor;
  const std::uint64_t limit = std::max(kWheelPlacesMax, kWheelPlacesEach * places.size());
  if (const std::uint64_t total = sum(places); total > limit) {
    for (std::uint32_t& place : places) {
      place = static_cast<std::uint32_t>(
          std::max<std::uint64_t>(1, (place * limit + total / 2) / total));
    }
  }

  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue;
  for (std::uint32_t who = 0; who < places.size(); ++who) queue.push({1, places[who], who});
  std::vector<std::uint32_t> wheel;
  for (std::uint64_t left = sum(places); left > 0; --left) {
    Due due = queue.top();
    queue.pop();
    wheel.push_back(due.who);
    due.numerator += 2;
    queue.push(due);
  }
  return wheel;
}

}  // namespace segue::routing
