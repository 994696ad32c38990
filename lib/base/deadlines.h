// Many deadlines, few expiries: a timer wheel with O(1) arm and disarm and no allocation.
//
// One wheel per worker, advanced by the loop's ticks. A deadline fires up to one tick late,
// never early. Deadlines beyond the wheel's circumference stay in their slot and are looked at once
// per turn.
#pragma once

#include <array>
#include <cstdint>

#include "lib/base/clock.h"
#include "lib/base/intrusive_list.h"

namespace segue {

class Deadlines;

/// A member of whatever has a time limit. Disarms itself when it dies.
class Deadline {
 public:
  /// Called on expiry; the deadline is disarmed by then and may be armed again or destroyed.
  class Owner {
   public:
    virtual void on_deadline(Deadline& deadline) = 0;

   protected:
    ~Owner() = default;
  };

  explicit Deadline(Owner& owner) noexcept : owner_(&owner) {}
  ~Deadline() { link_.unlink(); }

  bool armed() const noexcept { return link_.linked(); }
  void disarm() noexcept { link_.unlink(); }

 private:
  friend class Deadlines;
  Link link_;
  std::uint64_t tick_ = 0;
  Owner* owner_;
};

class Deadlines {
 public:
  static constexpr std::uint64_t kTickUs = 32'768;  ///< about 33 ms
  static constexpr std::size_t kSlots = 1024;       ///< circumference about 33 s

  explicit Deadlines(Instant start) noexcept : tick_(start.us / kTickUs) {}

  /// Arms, or moves when armed. Fires at the first advance() at or after `at`.
  void arm(Deadline& deadline, Instant at) noexcept {
    deadline.link_.unlink();
    const std::uint64_t tick = at.us / kTickUs + 1;
    deadline.tick_ = tick > tick_ ? tick : tick_ + 1;
    slots_[deadline.tick_ % kSlots].push_back(deadline);
  }

  /// Fires everything due at `now`. Owners may arm, disarm and destroy any deadline meanwhile.
  void advance(Instant now);

 private:
  using Slot = IntrusiveList<Deadline, &Deadline::link_>;
  std::array<Slot, kSlots> slots_;
  std::uint64_t tick_;
};

}  // namespace segue
