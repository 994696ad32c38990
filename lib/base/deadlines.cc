// Turning the wheel.
#include "lib/base/deadlines.h"

#include <algorithm>

namespace segue {

void Deadlines::advance(Instant now) {
  const std::uint64_t target = now.us / kTickUs;
  // After a long sleep one turn visits every slot; more would see the same slots again.
  std::uint64_t from = std::max(tick_ + 1, target > kSlots ? target - kSlots + 1 : 0);
  for (; from <= target; ++from) {
    tick_ = from;
    Slot& slot = slots_[from % kSlots];
    // Owners may change the slot while it is walked, so what is due moves to a list of its own
    // first.
    Slot due;
    slot.for_each([&](Deadline& deadline) {
      if (deadline.tick_ > target) return;
      deadline.link_.unlink();
      due.push_back(deadline);
    });
    while (Deadline* deadline = due.front()) {
      deadline->link_.unlink();
      deadline->owner_->on_deadline(*deadline);
    }
  }
  tick_ = std::max(tick_, target);
}

}  // namespace segue
