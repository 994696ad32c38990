// A few draws by weight; a scan only when they find nobody.
#include "routing/picker.h"

#include <algorithm>
#include <cstddef>

namespace segue::routing {
namespace {

/// Places looked at before every endpoint is.
constexpr int kDraws = 8;

using Choice = Picker::Choice;

/// The pool as one pick sees it.
class View {
 public:
  View(const Pool& pool, std::span<const EndpointLoad> loads, std::uint32_t in_flight_max,
       std::span<const EndpointId> tried) noexcept
      : pool_(pool), loads_(loads), in_flight_max_(in_flight_max), tried_(tried) {}

  std::size_t count() const noexcept { return pool_.in_rotation.size(); }

  std::size_t places() const noexcept {
    return pool_.wheel.empty() ? pool_.in_rotation.size() : pool_.wheel.size();
  }
  std::size_t index_at(std::size_t place) const noexcept {
    return pool_.wheel.empty() ? place : pool_.wheel[place];
  }
  const Endpoint& endpoint(std::size_t index) const noexcept {
    return pool_.endpoints[pool_.in_rotation[index]];
  }

  std::uint32_t load(const Endpoint& endpoint) const noexcept {
    return endpoint.id.index() < loads_.size() ? loads_[endpoint.id.index()].in_flight : 0;
  }
  /// Whether it may be sent anything at all: a half-open one whose probe is under way may not.
  static bool open(const Endpoint& endpoint) noexcept {
    return endpoint.rotation == Rotation::kIn ||
           !endpoint.probe_taken->load(std::memory_order_relaxed);
  }
  bool has_room(const Endpoint& endpoint) const noexcept { return load(endpoint) < in_flight_max_; }
  bool was_tried(const Endpoint& endpoint) const noexcept {
    return std::find(tried_.begin(), tried_.end(), endpoint.id) != tried_.end();
  }
  bool usable(const Endpoint& endpoint) const noexcept {
    return open(endpoint) && has_room(endpoint) && !was_tried(endpoint);
  }

  /// Takes the endpoint, and its probe with it. No endpoint when another worker has just taken the
  /// probe.
  static Choice take(const Endpoint& endpoint) noexcept {
    if (endpoint.rotation == Rotation::kIn) return {&endpoint, false, false};
    if (endpoint.probe_taken->exchange(true, std::memory_order_relaxed)) return {};
    return {&endpoint, false, true};
  }

  const Endpoint& less_loaded(const Endpoint& a, const Endpoint& b) const noexcept {
    return std::uint64_t{load(b)} * a.weight < std::uint64_t{load(a)} * b.weight ? b : a;
  }

  /// Looks at every endpoint, from `start` on.
  Choice scan(std::size_t start) const noexcept {
    const std::size_t count = pool_.in_rotation.size();
    bool full = false;                // someone who was not tried is open, but at the limit
    bool tried_full = false;          // the same of someone who was tried
    const Endpoint* again = nullptr;  // someone who was tried and has room
    for (std::size_t i = 0; i < count; ++i) {
      const Endpoint& at = endpoint((start + i) % count);
      if (!open(at)) continue;
      const bool room = has_room(at);
      if (was_tried(at)) {
        tried_full = tried_full || !room;
        if (room && again == nullptr) again = &at;
        continue;
      }
      if (!room) {
        full = true;
        continue;
      }
      if (const Choice choice = take(at); choice.endpoint != nullptr) return choice;
    }
    if (full || again == nullptr) return {nullptr, full || tried_full, false};
    return take(*again);
  }

 private:
  const Pool& pool_;
  std::span<const EndpointLoad> loads_;
  std::uint32_t in_flight_max_;
  std::span<const EndpointId> tried_;
};

/// The better of two usable endpoints, drawn by weight; the one when there is only one, or null.
const Endpoint* better_of_two(const View& view, std::size_t count, Rng& rng) noexcept {
  const auto draw = [&] { return view.index_at(rng.below(view.places())); };
  if (count == 2) {  // no need to draw the other one; a tie goes by weight, to the one drawn
    const std::size_t drawn = draw();
    const Endpoint& first = view.endpoint(drawn);
    const Endpoint& second = view.endpoint(1 - drawn);
    if (!view.usable(first)) return view.usable(second) ? &second : nullptr;
    return view.usable(second) ? &view.less_loaded(first, second) : &first;
  }
  const Endpoint* first = nullptr;
  for (int i = 0; i < kDraws; ++i) {
    const Endpoint& at = view.endpoint(draw());
    if (&at == first || !view.usable(at)) continue;
    if (first != nullptr) return &view.less_loaded(*first, at);
    first = &at;
  }
  return first;
}

/// The next usable endpoint of the cycle, or null when the next few places have none.
const Endpoint* next_in_turn(const View& view, std::uint32_t& cursor) noexcept {
  const std::size_t places = view.places();
  for (int i = 0; i < kDraws; ++i) {
    const Endpoint& at = view.endpoint(view.index_at(cursor++ % places));
    if (view.usable(at)) return &at;
  }
  return nullptr;
}

/// The endpoints of a pool in which some come back after a failure, each with the weight of the
/// moment.
class Warming {
 public:
  Warming(const View& view, const conf::Pool& settings, Instant at) noexcept
      : view_(view), settings_(settings), at_(at) {}

  bool over() const noexcept {
    for (std::size_t i = 0; i < view_.count(); ++i)
      if (warmth(view_.endpoint(i)) < 1) return false;
    return true;
  }

  /// A usable endpoint by weight, at least as warm as `least` and not `other`; null without one.
  const Endpoint* draw(double least, const Endpoint* other, Rng& rng) const noexcept {
    double left = 0;
    const Endpoint* last = nullptr;
    each(least, other, [&](const Endpoint& endpoint) {
      left += weight(endpoint);
      last = &endpoint;  // rounding may leave a grain behind the sum
      return true;
    });
    left *= rng.unit();
    each(least, other, [&](const Endpoint& endpoint) {
      left -= weight(endpoint);
      if (left < 0) last = &endpoint;
      return left >= 0;
    });
    return last;
  }

  double warmth(const Endpoint& endpoint) const noexcept {
    return Picker::warmth(settings_, endpoint, at_);
  }

  const Endpoint& less_loaded(const Endpoint& a, const Endpoint& b) const noexcept {
    return view_.load(b) * weight(a) < view_.load(a) * weight(b) ? b : a;
  }

 private:
  double weight(const Endpoint& endpoint) const noexcept {
    return endpoint.weight * warmth(endpoint);
  }
  /// Calls `visit` for each candidate until it returns false.
  template <typename Visit>
  void each(double least, const Endpoint* other, Visit&& visit) const noexcept {
    for (std::size_t i = 0; i < view_.count(); ++i) {
      const Endpoint& endpoint = view_.endpoint(i);
      if (&endpoint == other || !view_.usable(endpoint) || warmth(endpoint) < least) continue;
      if (!visit(endpoint)) return;
    }
  }

  const View& view_;
  const conf::Pool& settings_;
  Instant at_;
};

/// A cold endpoint is taken only when it is drawn itself: as the idle one of two it would get far
/// more than its part.
const Endpoint* by_warmth(const Warming& warming, conf::Balance balance, Rng& rng) noexcept {
  const Endpoint* first = warming.draw(0, nullptr, rng);
  if (first == nullptr || balance == conf::Balance::kRoundRobin) return first;
  const Endpoint* second = warming.draw(warming.warmth(*first), first, rng);
  return second == nullptr ? first : &warming.less_loaded(*first, *second);
}

}  // namespace

double Picker::warmth(const conf::Pool& settings, const Endpoint& endpoint, Instant at) noexcept {
  const Micros whole = settings.slow_start;
  if (!endpoint.warm_from || whole.count() == 0) return 1;
  // The clock of a turn of the loop may be a little older than the news.
  const Micros past = at > endpoint.warm_from ? at - endpoint.warm_from : Micros(0);
  if (past >= whole) return 1;
  const double part = static_cast<double>(past.count()) / static_cast<double>(whole.count());
  return settings.slow_start_from + (1 - settings.slow_start_from) * part;
}

std::uint32_t& Picker::cursor(PoolId pool) {
  while (cursors_.size() <= pool.index()) {
    cursors_.push_back(static_cast<std::uint32_t>(rng_.next() >> 33));
  }
  return cursors_[pool.index()];
}

Picker::Choice Picker::pick(const Pool& pool, std::span<const EndpointLoad> loads,
                            std::uint32_t in_flight_max, std::span<const EndpointId> tried,
                            Instant at) noexcept {
  const std::size_t count = pool.in_rotation.size();
  if (count == 0) return {};
  const View view(pool, loads, in_flight_max, tried);
  if (count == 1) return view.scan(0);
  const Endpoint* chosen = nullptr;
  if (const Warming warming(view, pool.settings, at); pool.warming && !warming.over()) {
    chosen = by_warmth(warming, pool.settings.balance, rng_);
  } else {
    chosen = pool.settings.balance == conf::Balance::kRoundRobin
                 ? next_in_turn(view, cursor(pool.id))
                 : better_of_two(view, count, rng_);
  }
  if (chosen != nullptr) {
    if (const Choice choice = View::take(*chosen); choice.endpoint != nullptr) return choice;
  }
  return view.scan(rng_.below(count));
}

}  // namespace segue::routing
