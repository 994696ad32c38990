// A vector under a mutex and a uv_async_t to wake the loop.
#include "lib/net/mailbox.h"

#include "lib/base/check.h"

namespace segue::net {

struct Mailbox::Core {
  uv_async_t async{};
  std::mutex mutex;
  std::vector<Message> messages;  // under mutex
  std::vector<Message> delivering;
  bool closed = false;  // the loop's thread only

  static void on_wake(uv_async_t* handle) noexcept {
    auto* core = static_cast<Core*>(handle->data);
    {
      const std::lock_guard lock(core->mutex);
      core->delivering.swap(core->messages);
    }
    for (Message& message : core->delivering)
      if (!core->closed) message();
    core->delivering.clear();
  }
};

Mailbox::Mailbox(Loop& loop) : core_(new Core) {
  SEGUE_CHECK(uv_async_init(loop.uv(), &core_->async, Core::on_wake) == 0,
              "no descriptor for a mailbox at start");
  core_->async.data = core_;
}

Mailbox::~Mailbox() {
  core_->closed = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&core_->async),
           [](uv_handle_t* handle) { delete static_cast<Core*>(handle->data); });
}

void Mailbox::post(Message message) {
  {
    const std::lock_guard lock(core_->mutex);
    core_->messages.push_back(std::move(message));
  }
  uv_async_send(&core_->async);
}

}  // namespace segue::net
