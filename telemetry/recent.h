// Who came lately and where they went: the cohorts and deliveries that one worker has seen.
//
// Written by the worker alone and copied for the control thread on request, so that neither locks.
// Both are bounded: the oldest make room. Only requests with a cohort key or a delivery id are
// here.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/ids.h"

namespace segue::telemetry {

/// Text in place; of longer text the beginning.
template <std::size_t Max>
class ShortText {
 public:
  static_assert(Max <= 255);
  void set(std::string_view text) noexcept {
    size_ = static_cast<std::uint8_t>(text.size() < Max ? text.size() : Max);
    std::copy_n(text.begin(), size_, bytes_.begin());  // an empty view may point nowhere
  }
  std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::uint8_t size_ = 0;
  std::array<char, Max> bytes_;
};

struct RecentCohort {
  RouteId route;
  PoolId pool, before;  ///< where it was last, and before that
  std::uint64_t hash = 0, alias = 0;
  ShortText<96> key, name;  ///< as sent; `name` is what the alias is the hash of
  std::uint64_t first_ms = 0, last_ms = 0;
  std::uint64_t moved_ms = 0;  ///< when `pool` became what it is; 0: it was never elsewhere
  std::uint32_t requests = 0;  ///< 0: the place is free
  bool session = false;
};

struct RecentDelivery {
  RouteId route;
  PoolId pool;
  std::uint64_t wall_ms = 0;  ///< 0: the place is free
  std::uint64_t hash = 0, generation = 0;
  ShortText<64> id, request_id;
  ShortText<32> event;
  ShortText<96> key, name, endpoint;
  const char* why = "";  ///< a word that lasts: how its first pool was chosen
  std::uint16_t status = 0;
  std::uint8_t attempts = 0;
  Fault fault = Fault::kNone;
};

/// What is told of one request.
struct Sighting {
  RouteId route;
  PoolId pool;
  std::uint64_t hash = 0, alias = 0;
  std::string_view key, name;
  bool session = false;
};

struct RecentTraffic {
  std::vector<RecentCohort> cohorts;
  std::vector<RecentDelivery> deliveries;
};

class Recent {
 public:
  static constexpr std::size_t kCohorts = 8192;
  static constexpr std::size_t kWays = 4;  ///< places of which the oldest makes room
  static constexpr std::size_t kDeliveries = 4096;

  /// Memory is taken at the first call.
  void saw(const Sighting& sighting, std::uint64_t wall_ms);
  /// The place of the next delivery, emptied, to be filled in.
  RecentDelivery& next_delivery();

  RecentTraffic copy() const;

 private:
  std::vector<RecentCohort> cohorts_;
  std::vector<RecentDelivery> deliveries_;
  std::size_t next_ = 0;
};

}  // namespace segue::telemetry
