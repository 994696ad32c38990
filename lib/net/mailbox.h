// The only door between threads: messages are posted from anywhere and delivered on the loop's
// thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <uv.h>

#include "lib/net/loop.h"

namespace segue::net {

class Mailbox {
 public:
  using Message = std::function<void()>;

  explicit Mailbox(Loop& loop);
  ~Mailbox();  ///< on the loop's thread; messages not yet delivered are dropped
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// From any thread, as long as the mailbox lives. Delivered in order, one turn later at the
  /// earliest.
  void post(Message message);

 private:
  struct Core;  // outlives the mailbox until uv_close has called back
  Core* core_;
};

}  // namespace segue::net
