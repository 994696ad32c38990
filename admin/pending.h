// Changes on their way to the workers: each is answered when all serve it, or with 202 when that
// takes long.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/control.h"
#include "admin/message.h"
#include "lib/base/clock.h"

namespace segue::admin {

class Pending {
 public:
  /// Keeps `reply` until the returned function is called or `deadline` passes. `applied` makes the
  /// answer of a change that every worker serves, `late` that of one that some do not serve yet.
  /// The returned function may be called after this object has gone; then it does nothing.
  Control::Done wait(Reply reply, Instant deadline, std::function<Response(const Applied&)> applied,
                     std::function<Response()> late);

  void tick(Instant now);  ///< answers what is late
  std::size_t size() const noexcept { return waiting_.size(); }

 private:
  struct Waiting {
    Reply reply;
    Instant deadline;
    std::function<Response(const Applied&)> applied;
    std::function<Response()> late;
  };
  std::vector<std::shared_ptr<Waiting>> waiting_;
};

}  // namespace segue::admin
